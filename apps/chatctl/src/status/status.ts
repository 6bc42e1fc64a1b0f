import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { reachably, type Servers, Unreachable, withServers } from '../servers.js';
import { pageOf } from './page.js';
import { reportOf, type StatusReport } from './report.js';
import { type Sample, takeSample } from './sample.js';

/** Between two samples, ms. What the server says of the consumers is asked at most once a second. */
const INTERVAL_MS = 1_050;

const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** `chatctl status`: one look, about a second long; with `--watch` one after the other until it is interrupted. */
export const status: Command = async (args, surroundings) => {
  const { values } = readOptions(args, { watch: { type: 'boolean' }, json: { type: 'boolean' } });
  const { watch = false, json = false } = values;
  await withServers(surroundings.env, async (servers) => {
    let earlier = await takeSample(servers);
    do {
      await sleep(INTERVAL_MS);
      const later = watch ? await sampleOrNull(servers, surroundings) : await takeSample(servers);
      if (!later) continue;
      show(reportOf(earlier, later), surroundings, { watch, json });
      earlier = later;
    } while (watch);
  });
  return 0;
};

/** Somebody who watches goes on watching while a server is away. */
async function sampleOrNull(servers: Servers, { progress }: Surroundings): Promise<Sample | null> {
  try {
    return await reachably(() => takeSample(servers));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    progress.write(`chatctl: ${error.message}\n`);
    return null;
  }
}

function show(report: StatusReport, { out }: Surroundings, { watch, json }: { watch: boolean; json: boolean }): void {
  if (json) out.write(`${JSON.stringify(report)}\n`);
  else if (watch) out.write(`${HOME}${pageOf(report).join(`${CLEAR_LINE}\n`)}${CLEAR_LINE}\n${CLEAR_BELOW}`);
  else out.write(`${pageOf(report).join('\n')}\n`);
}
