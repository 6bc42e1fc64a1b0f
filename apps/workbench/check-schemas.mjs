// Whether the events can still be read by who read them by the schemas that are kept in docs.
import '../../deploy/dev/prepare.mjs';

process.argv.splice(2, Infinity, 'schema', 'check', 'docs/events.schema.json');
await import('../../dist/apps/chatctl/src/main.js');
