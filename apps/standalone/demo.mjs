import './prepare.mjs';

await import('../../dist/apps/standalone/src/demo/main.js');
