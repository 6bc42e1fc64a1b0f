import '../../deploy/dev/prepare.mjs';

await import('../../dist/apps/workbench/src/chaos/main.js');
