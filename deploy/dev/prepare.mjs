// Installs the packages and builds, where either is missing or out of date. Node's own modules only.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const digest = (files) => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
};

const sources = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|css|html)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort();

/** Runs a step unless its mark says that it was run on the same files. */
function step(name, mark, files, command, args) {
  const current = `${process.version} ${digest(files)}`;
  if (existsSync(mark) && readFileSync(mark, 'utf8') === current) return;
  // Standard output is for what is run after this.
  console.error(name);
  try {
    execFileSync(command, args, { cwd: root, stdio: ['inherit', 2, 2], shell: process.platform === 'win32' });
  } catch {
    console.error(`${name} failed: ${command} ${args.join(' ')}. What it printed above says why.`);
    process.exit(1);
  }
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, current);
}

step('Installing the packages …', join(root, 'node_modules/.parley-installed'), ['package-lock.json'], 'npm', [
  'ci',
  '--no-audit',
  '--no-fund',
]);
step(
  'Building …',
  join(root, 'dist/.parley-built'),
  ['package.json', 'package-lock.json', 'tsconfig.json', ...sources('apps'), ...sources('libs')],
  'npm',
  ['run', '--silent', 'build'],
);
