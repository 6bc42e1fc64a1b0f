import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import '../../deploy/dev/prepare.mjs';

// npm run docs: writes what is made from the code. Schemas that break who reads by those that are there are not written:
// they are what `npm run check` compares with.
const { dashboardFiles, DASHBOARDS_FOLDER } = await import('../../dist/apps/workbench/src/dashboards/index.js');
const { usersOf } = await import('../../dist/apps/workbench/src/nats-users.js');
const { eventsPage } = await import('../../dist/apps/workbench/src/events-page.js');
const { compareSchemas } = await import('../../dist/apps/chatctl/src/schema/compare.js');
const { schemasText } = await import('../../dist/apps/chatctl/src/schema/schema.js');
const USERS = 'deploy/kubernetes/nats/users.conf';
const SCHEMAS = 'docs/events.schema.json';

const schemas = schemasText();
const { breaks } = existsSync(SCHEMAS)
  ? compareSchemas(JSON.parse(readFileSync(SCHEMAS, 'utf8')), JSON.parse(schemas))
  : { breaks: [] };
if (breaks.length > 0) {
  console.error(`${SCHEMAS} is left as it is, since this breaks who reads by it:\n${breaks.join('\n')}`);
  process.exit(1);
}
writeFileSync('docs/events.md', eventsPage('libs/domain/test/fixtures'));
writeFileSync(SCHEMAS, schemas);
for (const [name, text] of dashboardFiles()) writeFileSync(`${DASHBOARDS_FOLDER}/${name}`, text);
writeFileSync(USERS, usersOf(readFileSync('deploy/nats/nats-server.conf', 'utf8')));
console.log(`wrote docs/events.md, ${SCHEMAS}, ${DASHBOARDS_FOLDER}, ${USERS}`);
