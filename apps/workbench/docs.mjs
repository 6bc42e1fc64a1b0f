import { writeFileSync } from 'node:fs';
import '../../deploy/dev/prepare.mjs';

// npm run docs: writes the page that is made from the code.
const { eventsPage } = await import('../../dist/apps/workbench/src/events-page.js');
writeFileSync('docs/events.md', eventsPage('libs/domain/test/fixtures'));
console.log('wrote docs/events.md');
