import '../../deploy/dev/prepare.mjs';

await import('../../dist/apps/workbench/src/page/screenshots.js');
