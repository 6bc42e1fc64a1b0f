// How large the scripts are that a browser loads, built anew and gzipped: all of the page's, and what other pages load.
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const LIMIT = 60 * 1024;

for (const [what, mode] of [
  ['the page', 'production'],
  ['embed.js', 'embed'],
]) {
  const { output } = await build({
    configFile: 'apps/web/vite.config.mjs',
    mode,
    logLevel: 'warn',
    build: { write: false },
  });
  const scripts = output.filter(({ type }) => type === 'chunk');
  const bytes = scripts.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
  console.log(`${what}: ${bytes} bytes of script gzipped, in ${scripts.length} files (${LIMIT} at most)`);
  if (bytes > LIMIT) {
    console.error('That is too large: what not everybody needs belongs into a chunk of its own, or elsewhere.');
    process.exit(1);
  }
}
