import './prepare.mjs';

await import('../../dist/apps/standalone/src/bench/main.js');
