import { progressBar } from '#settings';
import { allProjections, nameOf, servedVersion } from '#operations';
import { type Command, readOptions } from '../command.js';
import { projectionNamed } from '../versions/versions.js';
import { withDatabase } from '../servers.js';
import type { Difference } from './difference.js';
import { verifyProjection } from './verification.js';

/** How many differences of a projection `--json` shows; it counts all of them. */
const SHOWN = 1_000;

const OPTIONS = { projection: { type: 'string' }, json: { type: 'boolean' } } as const;

/** `chatctl verify`: whether the read models are a fold of the log. Exit status 0: they are; 1: differences. */
export const verify: Command = async (args, { env, out, progress }) => {
  const { values } = readOptions(args, OPTIONS);
  const { projection: name, json = false } = values;
  const chosen = name === undefined ? allProjections : [projectionNamed(name)];
  return withDatabase(env, 'verify compares with MongoDB', async ({ log, readModels }) => {
    const reports: object[] = [];
    let total = 0;
    for (const projection of chosen) {
      const served = await servedVersion(projection, readModels);
      if (!served) {
        if (!json) out.write(`${projection.name}: nobody has run it\n`);
        continue;
      }
      const differences: Difference[] = [];
      let count = 0;
      const bars = {
        fold: progressBar(`Folding ${nameOf(served)}`, progress),
        compare: progressBar(`Comparing ${nameOf(served)}`, progress),
      };
      const { events, documents } = await verifyProjection({
        log,
        readModels,
        ...served,
        onProgress: (step, left) => {
          bars[step](left);
        },
        onDifference: (difference) => {
          count++;
          if (!json) out.write(`${lineOf(nameOf(served), difference)}\n`);
          else if (differences.length < SHOWN) differences.push(difference);
        },
      });
      total += count;
      reports.push({ projection: nameOf(served), events, documents, differences: count, first: differences });
      if (json) continue;
      const verdict = count === 0 ? 'all equal to the fold of' : `${count} differences from the fold of`;
      out.write(`${nameOf(served)}: ${documents} documents, ${verdict} ${events} events\n`);
    }
    if (json) out.write(`${JSON.stringify({ equal: total === 0, projections: reports })}\n`);
    return total === 0 ? 0 : 1;
  });
};

const lineOf = (projection: string, { kind, collection, id, detail }: Difference): string =>
  `${kind} ${projection} ${collection} ${id}: ${detail}`;
