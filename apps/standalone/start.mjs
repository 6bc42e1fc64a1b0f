import './prepare.mjs';

await import('../../dist/apps/standalone/src/main.js');
