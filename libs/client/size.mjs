// How large the core is that a browser loads, minified and gzipped, module by module: a bundler makes it a little less.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transformSync } from '@swc/core';

const LIMIT = 8 * 1024;

const modules = new Map();

function read(file) {
  if (modules.has(file)) return;
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    filename: file,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, minify: { compress: true, mangle: { topLevel: true } } },
    module: { type: 'es6' },
    minify: true,
  });
  modules.set(file, code);
  for (const [, from] of code.matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g)) {
    read(join(dirname(file), from.replace(/\.js$/, '.ts')));
  }
}

read(join(import.meta.dirname, 'src/index.ts'));
const bytes = gzipSync([...modules.values()].join('\n'), { level: 9 }).length;
console.log(`@parley/client: ${bytes} bytes gzipped, in ${modules.size} modules (${LIMIT} at most)`);
if (bytes > LIMIT) {
  console.error('That is too large: what not everybody needs belongs behind an entry of its own.');
  process.exit(1);
}
