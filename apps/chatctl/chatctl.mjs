#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { onSupportedNode } from '../../deploy/dev/supported-node.mjs';

const main = new URL('../../dist/apps/chatctl/src/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('chatctl: not built yet. Run `npm start` or `npm run build` first.');
  process.exit(1);
}
onSupportedNode(() => import(main.href));
