import { PARTITIONS } from '#domain';
import type { EventLog } from '#event-store';
import type { ReadModels } from '#read-models';
import { caughtUpWith, type Projection, projections } from '../src/index.js';

interface Folding {
  /** Its name. */
  readonly projection: string;
  readonly owned: readonly number[];
  lag(): Promise<number | null>;
}

/**
 * Whether these, together, have folded for good all that the log held when this was asked first, and NATS knows it. What
 * consumers count does not say so by itself: NATS counts an event a moment after it has said that it is stored.
 */
export function allFolded(
  folding: readonly Folding[],
  log: Pick<EventLog, 'lastSeq'>,
  readModels: Pick<ReadModels, 'versions' | 'checkpoints'>,
): () => Promise<boolean> {
  const known: Readonly<Record<string, Pick<Projection<never>, 'name' | 'kinds'>>> = projections;
  const names = [...new Set(folding.map(({ projection }) => projection))];
  const asked = names.map((name) => ({ name, isIn: caughtUpWith(log, known[name]!, readModels) }));
  return async () => {
    if (folding.flatMap(({ owned }) => owned).length !== PARTITIONS * names.length) return false;
    for (const { name, isIn } of asked) {
      const versions = await readModels.versions.read(name);
      if (!versions || !(await isIn(versions.serving.number))) return false;
    }
    const lags = await Promise.all(folding.map((one) => one.lag()));
    return lags.every((lag) => lag === 0);
  };
}
