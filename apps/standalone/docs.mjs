import './prepare.mjs';

await import('../../dist/apps/standalone/src/docs/main.js');
