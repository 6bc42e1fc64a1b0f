import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#settings';
import { machineLine, machineOf, memoryOf } from './machine.js';
import { Options } from './options.js';
import { Conversation } from './projection/conversation.js';
import { type LogPlan, serveLog } from './replay/log.js';
import { foldedOn } from './retention/folded.js';
import { bytesIn, restarted, stateOf } from './retention/log-on-disk.js';
import { type RetentionFigures, retentionText } from './retention/report.js';

const USAGE = 'usage: npm run bench:retention -- [--messages 1000000] [--chats 100] [--no-fold] [--keep] [--json]';
/** Of a log whose texts are not sealed, which is there to compare. */
const PLAIN_EVENTS = 100_000;

const say = (line: string): void => {
  console.error(line);
};

/** What is kept of so many messages: on the disk, in memory, and in the time that a start and a fold take. */
export async function retention(folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['messages', 'chats'], ['no-fold', 'keep', 'json'], USAGE);
  const messages = options.number('messages', 1_000_000, 1_000, 1_000_000_000);
  const chats = options.number('chats', 100, 1, 10_000_000);
  const folder = join(folders.dataFolder, 'bench', 'retention');
  const [logFolder, plainFolder] = [join(folder, 'log'), join(folder, 'plain')];
  const conversation = { chats, edits: true };
  const plan: LogPlan = { events: eventsOf(messages, conversation), inRoom: 0, sealed: true, conversation };
  const natsOptions = (of: string) => ({
    ...{ cacheDir: folders.cacheFolder, dataDir: join(of, 'nats') },
    ...{ log: say, durable: false },
  });
  try {
    const small = { ...plan, events: Math.min(plan.events, chats + PLAIN_EVENTS), sealed: false };
    const plain = await serveLog(plainFolder, folders.cacheFolder, small);
    const plainBytes = (await stateOf(plain.server)).bytes / small.events;
    await plain.server.stop();
    rmSync(plainFolder, { recursive: true, force: true });

    const filled = await serveLog(logFolder, folders.cacheFolder, plan);
    const { bytes } = await stateOf(filled.server);
    const filledMb = memoryOf(filled.server.pid)?.now ?? null;
    say('starting nats-server again, as it ended and without the index of its log');
    const orderly = await restarted(filled.server, natsOptions(logFolder));
    const unindexed = await restarted(orderly.server, natsOptions(logFolder), true);
    const { server: nats } = unindexed;
    const env = filled.env;
    try {
      const where = { cacheFolder: folders.cacheFolder, folder: join(folder, 'system'), say };
      const folded = options.flag('no-fold')
        ? null
        : await foldedOn({ nats, env: { ...env, NATS_URL: nats.url } }, where);
      const figures: RetentionFigures = {
        ...{ benchmark: 'retention', messages, events: plan.events, chats },
        log: {
          ...{ bytes, onDisk: bytesIn(join(logFolder, 'nats', 'jetstream')) },
          ...{ bytesPerMessage: bytes / messages, bytesPerEvent: bytes / plan.events, plainBytesPerEvent: plainBytes },
        },
        nats: {
          filledMb,
          orderly: { seconds: orderly.seconds, mb: orderly.mb },
          unindexed: { seconds: unindexed.seconds, mb: unindexed.mb },
          peakMb: memoryOf(nats.pid)?.peak ?? null,
        },
        folded: folded && { ...folded.figures, eventsPerSecond: plan.events / folded.figures.seconds },
        machine: machineLine(machineOf({ nats, mongodb: { taken: folded?.database ?? 'no database' } })),
      };
      console.log(options.flag('json') ? JSON.stringify(figures) : retentionText(figures));
    } finally {
      await nats.stop();
    }
  } finally {
    // Gigabytes, of which the log alone is of use to the next run of the same.
    const left = options.flag('keep') ? join(folder, 'system') : folder;
    rmSync(left, { recursive: true, force: true });
  }
  return true;
}

/** How many events it takes until so many of them are messages. */
function eventsOf(messages: number, options: ConstructorParameters<typeof Conversation>[0]): number {
  const conversation = new Conversation(options);
  let events = 0;
  for (const _ of conversation.events(Infinity)) {
    events++;
    if (conversation.messages === messages) break;
  }
  return events;
}
