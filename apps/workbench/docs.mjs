import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import '../../deploy/dev/prepare.mjs';

// npm run docs: writes what is made from the code. Schemas that break who reads by those that are there are not written:
// they are what `npm run check` compares with.
const { madeFiles, SCHEMAS } = await import('../../dist/apps/workbench/src/made-files.js');
const { compareSchemas } = await import('../../dist/apps/chatctl/src/schema/compare.js');

const files = madeFiles();
const { breaks } = existsSync(SCHEMAS)
  ? compareSchemas(JSON.parse(readFileSync(SCHEMAS, 'utf8')), JSON.parse(files.get(SCHEMAS)))
  : { breaks: [] };
if (breaks.length > 0) {
  console.error(`${SCHEMAS} is left as it is, since this breaks who reads by it:\n${breaks.join('\n')}`);
  process.exit(1);
}
for (const [path, text] of files) writeFileSync(path, text);
console.log(`wrote ${[...files.keys()].join(', ')}`);
