import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const client = (file) => here(`../../libs/client/dist/${file}.js`);

/** One file under a name that stays: whoever has an older one of it needs nothing else of that release. */
const embed = {
  input: here('src/embed/embed.ts'),
  output: { entryFileNames: 'embed.js', codeSplitting: false },
};

/**
 * Static files, which the query side serves: the page, and in the mode `embed` what other pages load of it. The client is
 * the published one, its hooks on Preact.
 */
export default defineConfig(({ mode }) => ({
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
    rolldownOptions: {
      // Of a library for servers that run React; it means nothing here.
      onLog: (level, log, next) => void (log.code === 'MODULE_LEVEL_DIRECTIVE' || next(level, log)),
      ...(mode === 'embed' && embed),
    },
    outDir: here('../../dist/apps/web'),
    // The page is built first.
    emptyOutDir: mode !== 'embed',
    copyPublicDir: mode !== 'embed',
    target: 'es2022',
    modulePreload: { polyfill: false },
  },
}));
