import { type ReadModels, versionName, versionNumberAt, withServingOutdated } from '#read-models';
import { allProjections } from '#operations';

/** The number of a version that is begun now, higher than that of any that there is, whatever the clock here says. */
export async function numberAfterAll(readModels: ReadModels | null): Promise<number> {
  const kept = readModels ? await Promise.all(allProjections.map(({ name }) => readModels.versions.read(name))) : [];
  return Math.max(versionNumberAt(new Date()), ...kept.map((versions) => (versions?.highest ?? 0) + 1));
}

/**
 * Has another version of each projection begun, from the beginning of the log. What was folded may be of events that were
 * lost, also where its checkpoints are within the log, as documents are written before these.
 * @returns what is not asked any more
 */
export async function beginAnew({ versions: registry }: ReadModels, number: number): Promise<string[]> {
  const outdated: string[] = [];
  for (const { name, format } of allProjections) {
    for (;;) {
      const versions = await registry.read(name);
      if (!versions) break;
      if (!(await registry.replace(name, withServingOutdated(versions, format, number)))) continue;
      outdated.push(versionName(name, versions.serving.number));
      break;
    }
  }
  return outdated;
}
