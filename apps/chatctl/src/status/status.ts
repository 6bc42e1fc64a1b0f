import { setTimeout as sleep } from 'node:timers/promises';
import { Looks, type StatusReport } from '#operations';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { reachably, Unreachable, withServers } from '../servers.js';
import { pageOf } from './page.js';

/** Before a server that is away is asked again, ms. */
const RETRY_MS = 1_000;

/** `chatctl status`: one look, about a second long; with `--watch` one after the other until it is interrupted. */
export const status: Command = async (args, surroundings) => {
  const { values } = readOptions(args, { watch: { type: 'boolean' }, json: { type: 'boolean' } });
  const { watch = false, json = false } = values;
  await withServers(surroundings.env, async (servers) => {
    const looks = new Looks(servers);
    let report: StatusReport | null = await looks.look();
    do {
      if (report) show(report, surroundings, { watch, json });
      if (watch) report = await lookOrNull(looks, surroundings);
    } while (watch);
  });
  return 0;
};

/** Somebody who watches goes on watching while a server is away. */
async function lookOrNull(looks: Looks, { progress }: Surroundings): Promise<StatusReport | null> {
  try {
    return await reachably(() => looks.look());
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    progress.write(`chatctl: ${error.message}\n`);
    await sleep(RETRY_MS);
    return null;
  }
}

function show(report: StatusReport, { out }: Surroundings, { watch, json }: { watch: boolean; json: boolean }): void {
  if (json) out.write(`${JSON.stringify(report)}\n`);
  else if (watch) out.write(`${HOME}${pageOf(report).join(`${CLEAR_LINE}\n`)}${CLEAR_LINE}\n${CLEAR_BELOW}`);
  else out.write(`${pageOf(report).join('\n')}\n`);
}

const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
