import '../../deploy/dev/prepare.mjs';

await import('../../node_modules/jest/bin/jest.js');
