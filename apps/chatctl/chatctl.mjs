#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { onSupportedNode } from '../../deploy/dev/supported-node.mjs';

const main = new URL('../../dist/apps/chatctl/src/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('chatctl: not built yet. Run `npm start` or `npm run build` first.');
  process.exit(1);
}
// An export holds little at a time and lets go of much: by itself the heap would grow to three times as much. Only now,
// before anything is loaded, can that be said.
if (process.argv[2] === 'export') setFlagsFromString('--semi-space-growth-factor=1');
onSupportedNode(() => import(main.href));
