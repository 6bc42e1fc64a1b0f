// What `node` is to a program, on a Node that this project supports: node deploy/dev/node.mjs PROGRAM ARGUMENTS…
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onSupportedNode } from './supported-node.mjs';

onSupportedNode(() => {
  process.argv.splice(1, 1);
  process.argv[1] = resolve(process.argv[1]);
  return import(pathToFileURL(process.argv[1]).href);
});
