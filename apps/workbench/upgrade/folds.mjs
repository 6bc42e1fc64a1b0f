import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

// What a checkout, installed and built, folds the logs into that it is told on standard input; and what it can read.
const [checkout] = process.argv.slice(2);
const load = (lib) => import(pathToFileURL(join(checkout, 'dist', 'libs', lib, 'src', 'index.js')));
const { eventDefinitions, pastVersions } = await load('domain');
const { collectionsOf, projections, Replay } = await load('projections');

const logs = JSON.parse(await text(process.stdin));
const known = [...eventDefinitions, ...pastVersions.map(({ definition }) => definition)];
const answer = { known: known.map(({ type, version }) => `${type} ${version}`), projections: {} };
for (const [name, projection] of Object.entries(projections)) {
  const folded = [];
  for (const records of logs) {
    const replay = await Replay.start(projection);
    const letters = await replay.fold(records.filter(({ kind }) => projection.kinds?.includes(kind) ?? true));
    const documents = {};
    for (const collection of collectionsOf(projection)) {
      documents[collection.name] = await replay.store.range(collection.name, { from: '', to: '\uffff', limit: 1e6 });
    }
    folded.push({ letters, documents });
  }
  answer.projections[name] = { format: projection.format, kinds: projection.kinds ?? null, folded };
}
process.stdout.write(JSON.stringify(answer));
