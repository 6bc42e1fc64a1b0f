import './prepare.mjs';

await import('../../node_modules/jest/bin/jest.js');
