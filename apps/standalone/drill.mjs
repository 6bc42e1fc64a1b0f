import './prepare.mjs';

await import('../../dist/apps/standalone/src/drill/main.js');
