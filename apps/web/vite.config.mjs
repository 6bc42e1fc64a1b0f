import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const client = (file) => here(`../../libs/client/dist/${file}.js`);

/** Static files, which the query side serves. The client is the published one, its hooks on Preact. */
export default defineConfig({
  root: here('.'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: {
    alias: [
      { find: /^@parley\/client$/, replacement: client('index') },
      { find: /^@parley\/client\/(.+)$/, replacement: client('$1') },
      { find: /^react$/, replacement: 'preact/compat' },
      { find: /^react-dom$/, replacement: 'preact/compat' },
      { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
    ],
  },
  build: {
    // Of a library for servers that run React; it means nothing here.
    rolldownOptions: { onLog: (level, log, next) => void (log.code === 'MODULE_LEVEL_DIRECTIVE' || next(level, log)) },
    outDir: here('../../dist/apps/web'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
  },
});
