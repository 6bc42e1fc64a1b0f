import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '#event-store';
import { progressBar } from '#settings';
import { caughtUpWith, projections, type Projection } from '#projections';
import type { ReadModels } from '#read-models';
import type { RoleProcess } from '../apart/role-process.js';
import type { ServersApart } from '../apart/servers-apart.js';

/** What a projector runs that is told nothing else. */
const FOLDED: readonly Projection<unknown>[] = [projections.timeline, projections.directory];

/** Starts a projector on empty read models, and waits until it has folded the whole log into both projections. */
export async function foldAll(
  servers: Pick<ServersApart, 'start'>,
  log: EventLog,
  readModels: ReadModels,
): Promise<{ readonly projector: RoleProcess; readonly seconds: number }> {
  const begun = performance.now();
  const projector = await servers.start('projector');
  const bar = progressBar('Projections to be folded', process.stderr);
  for (const [i, projection] of FOLDED.entries()) {
    bar(FOLDED.length - i);
    const isCaughtUp = caughtUpWith(log, projection, readModels);
    for (;;) {
      const version = (await readModels.versions.read(projection.name))?.serving.number;
      if (version !== undefined && (await isCaughtUp(version))) break;
      await sleep(200);
    }
  }
  bar(0);
  return { projector, seconds: (performance.now() - begun) / 1_000 };
}
