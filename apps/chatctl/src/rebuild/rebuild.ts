import { rebuildAndSettle, type RebuildReport, type RebuildRequest } from '#operations';
import type { Projection } from '#projections';
import { versionName } from '#read-models';
import { workerName } from '#platform';
import { loadConfig, progressBar } from '#settings';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { projectionNamed } from '../versions/versions.js';
import { type ServersWithDatabase, withDatabase } from '../servers.js';

/** By convention, of a process that Ctrl-C ended. */
const INTERRUPTED = 130;

/** `chatctl rebuild`: the next version of a projection, built beside the one that is served, and then served. */
export const rebuildCommand: Command = async (args, surroundings) => {
  const { values, positionals } = readOptions(args, { json: { type: 'boolean' } }, true);
  const projection = projectionNamed(positionals.length > 1 ? positionals.join(' ') : positionals[0]);
  return withDatabase(surroundings.env, 'rebuild works on MongoDB', (servers) =>
    rebuildAndTell(rebuildAndSettle, servers, projection, surroundings, values.json ?? false),
  );
};

/** @returns the exit status */
export async function rebuildAndTell(
  work: (request: RebuildRequest) => Promise<RebuildReport>,
  { log, readModels }: ServersWithDatabase,
  projection: Projection<unknown>,
  { env, out, progress, interrupted }: Surroundings,
  json: boolean,
): Promise<number> {
  const say = (line: string) => progress.write(`${line}\n`);
  const signal = interrupted();
  let bar: ((left: number) => void) | null = null;
  try {
    const report = await work({
      ...{ projection, log, readModels, signal },
      waitsForNewer: loadConfig(env, 'chatctl').waitsForNewer,
      owner: `chatctl-${workerName()}`,
      onWarning: say,
      onProgress: (version, left) => {
        bar ??= progressBar(`Building ${versionName(projection.name, version)}`, progress);
        bar(left);
      },
      onServed: ({ version, before, folded, lateMs, seconds }) => {
        if (json) return;
        out.write(
          `${versionName(projection.name, version.number)} is served: ${folded} events folded in ${seconds.toFixed(1)} s; ` +
            `what was said during the swap came about ${(lateMs / 1_000).toFixed(1)} s late\n` +
            `${versionName(projection.name, before.number)} is kept: ` +
            `\`chatctl versions remove ${projection.name} ${before.number} --yes\` deletes it\n`,
        );
      },
    });
    const { dropped, left } = report.letters;
    out.write(
      json ? `${JSON.stringify(report)}\n` : `${dropped} dead letters are settled and dropped, ${left} are left\n`,
    );
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    say('interrupted; what is built is kept, and the same command goes on from there');
    return INTERRUPTED;
  }
}
