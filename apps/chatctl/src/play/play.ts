import type { EventLog } from '#event-store';
import { progressBar, type ProgressOutput } from '#settings';
import { type Command, readOptions } from '../command.js';
import { Pace, speedOf } from '../pace.js';
import { withLog } from '../servers.js';
import { UsageError } from '../usage.js';
import { PlayFailed, Player } from './player.js';
import { eventsIn, eventsOf, NotRecorded, sizeOf } from './recording.js';

const OPTIONS = { speed: { type: 'string' } } as const;

/** Exit status where Ctrl-C came before the end. */
const INTERRUPTED = 130;

/** How often it is said how far it is, where nobody knows how much there is to come. Milliseconds. */
const TELL_MS = 5_000;

/** `chatctl play`: a recording, into a system that is empty. */
export const playCommand: Command = async (args, { env, input, out, progress, interrupted }) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError('say what to play: a file, or - for standard input');
  const pace = values.speed === undefined ? null : new Pace(speedOf(values.speed));
  const count = path === '-' ? null : await checked(path, progress);
  const signal = interrupted();
  return withLog(env, async (log) => {
    for (const difference of await log.setUp()) progress.write(`${difference}\n`);
    await refuseUnlessEmpty(log);
    const player = new Player(log, pace, signal, count === null ? counter(progress) : barOf(count, progress));
    const emptyIt = () => `${player.played} events are stored: empty the log before you play it again`;
    try {
      await player.play(path === '-' ? eventsOf(input) : eventsIn(path));
    } catch (error) {
      if (!(error instanceof PlayFailed || error instanceof NotRecorded)) throw error;
      throw new PlayFailed(`${error.message}. ${emptyIt()}`, { cause: error });
    }
    if (signal.aborted) {
      progress.write(`interrupted: ${emptyIt()}\n`);
      return INTERRUPTED;
    }
    out.write(summaryOf(player));
    return 0;
  });
};

/**
 * Reads a whole recording before any of it is stored.
 * @returns how many events are in it
 * @throws NotRecorded, UsageError
 */
async function checked(path: string, progress: ProgressOutput): Promise<number> {
  const [size, bar] = [sizeOf(path), progressBar(`Checking ${path}, bytes`, progress)];
  let count = 0;
  bar(size);
  for await (const { bytes } of eventsIn(path)) {
    count += 1;
    bar(Math.max(0, size - bytes));
  }
  return count;
}

/** @throws PlayFailed */
async function refuseUnlessEmpty(log: EventLog): Promise<void> {
  const { messages, lastSeq } = await log.state();
  if (lastSeq === 0) return;
  throw new PlayFailed(
    `this log is not empty: it holds ${messages} events and has come to ${lastSeq}. Play into a new one: another ` +
      'PARLEY_DATA for a standalone, another EVENT_STREAM and SUBJECT_PREFIX, or a NATS server of its own',
  );
}

function barOf(count: number, progress: ProgressOutput): (played: number) => void {
  const bar = progressBar('Playing', progress);
  bar(count);
  return (played) => {
    bar(count - played);
  };
}

function counter(progress: ProgressOutput): (played: number) => void {
  let toldAt = Date.now();
  return (played) => {
    if (Date.now() - toldAt < TELL_MS) return;
    toldAt = Date.now();
    progress.write(`${played} events are played\n`);
  };
}

function summaryOf({ played, withoutTexts, keepsPlaces }: Player): string {
  const sequences = keepsPlaces
    ? 'with the sequences that they had'
    : 'with new sequences, since the recording is not all of its log: ids of chats are others';
  const texts = withoutTexts === 0 ? '' : `; ${withoutTexts} of them without texts, which the recording does not have`;
  return `${played} events are played, ${sequences}${texts}\n`;
}
