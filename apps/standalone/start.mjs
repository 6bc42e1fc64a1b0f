import '../../deploy/dev/prepare.mjs';

await import('../../dist/apps/standalone/src/main.js');
