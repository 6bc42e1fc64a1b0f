import { writeFileSync } from 'node:fs';
import { eventsPage } from './events-page.js';

// npm run docs: writes the pages that are made from the code.
writeFileSync('docs/events.md', eventsPage('libs/domain/test/fixtures'));
console.log('wrote docs/events.md');
