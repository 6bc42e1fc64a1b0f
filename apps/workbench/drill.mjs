import '../../deploy/dev/prepare.mjs';

await import('../../dist/apps/workbench/src/drill/main.js');
