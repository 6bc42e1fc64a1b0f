// npm run test:int -- NAME: the suites on servers whose path holds the name; the unit suites need none of these.
const [name = '', ...options] = process.argv.slice(2);
process.argv.splice(2, Infinity, `${name}.*\\.(int|e2e|sim)\\.spec\\.ts$`, ...options);
await import('./test.mjs');
