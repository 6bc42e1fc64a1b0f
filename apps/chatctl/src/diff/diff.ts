import { progressBar } from '#settings';
import { knownSeq, refuseIfNothing, type MessageThenView, RoomFold } from '#projections';
import { roomOfMessages } from '../at/at.js';
import { textOf } from '../at/page.js';
import { type Command, momentOf, readOptions } from '../command.js';
import { plain } from '../output.js';
import { withLog } from '../servers.js';
import { UsageError } from '../usage.js';
import { type RoomDiff, roomDiff } from './room-diff.js';

const OPTIONS = { room: { type: 'string' }, json: { type: 'boolean' } } as const;

/** `chatctl diff`: what changed in a room from one time to another. */
export const diffCommand: Command = async (args, { env, out, progress }) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  if (positionals.length !== 2) throw new UsageError('say from when to when: two times, such as 2h 1h');
  const now = Date.now();
  const [first, second] = positionals.map((text) => momentOf(text, now));
  const room = roomOfMessages(values.room);
  return withLog(env, async (log) => {
    const [from, until] = [await knownSeq(log, first!), await knownSeq(log, second!)];
    if (from > until) throw new UsageError('the first time lies behind the second one');
    const fold = await RoomFold.start(log, room);
    const bar = progressBar(`Folding ${room}`, progress);
    await fold.to(from);
    const before = await fold.room();
    await fold.to(until, bar);
    const after = await fold.room();
    await refuseIfNothing(after, log);
    const diff = roomDiff(before, after);
    if (values.json) out.write(`${JSON.stringify(diff)}\n`);
    else for (const line of linesOf(diff)) out.write(`${line}\n`);
    return 0;
  });
};

/** For people. What others wrote is shown so that it cannot do anything to a terminal. */
export function* linesOf({ room, from, to, messages, reactions, seen }: RoomDiff): Generator<string, void> {
  const place = ({ seq, at }: RoomDiff['to']) => (at === null ? 'its beginning' : `event ${seq}, ${at}`);
  yield `${room} from ${place(from)} to ${place(to)}`;
  const lines = [
    ...messages.new.map((message) => newLine(message)),
    ...messages.edited.map(({ n, userId, before, after }) =>
      changed('edited', `message ${n} by ${plain(userId)}: ${textOf(before)} → ${textOf(after)}`),
    ),
    ...messages.deleted.map(({ n, userId, before }) =>
      changed('deleted', `message ${n} by ${plain(userId)}: ${textOf(before)}`),
    ),
    ...messages.erased.map(({ n, userId }) => changed('erased', `message ${n} by ${plain(userId)}`)),
    ...reactions.added.map(({ n, userId, emoji }) =>
      changed('reacted', `to message ${n}: ${plain(emoji)} by ${plain(userId)}`),
    ),
    ...reactions.removed.map(({ n, userId, emoji }) =>
      changed('undone', `to message ${n}: ${plain(emoji)} by ${plain(userId)}`),
    ),
    ...seen.map((mark) => changed('seen', `by ${plain(mark.userId)} up to message ${mark.to}, before ${mark.from}`)),
  ];
  yield* lines.length > 0 ? lines : ['nothing changed'];
}

const newLine = ({ n, sender, content, deleted }: MessageThenView): string =>
  changed(
    'new',
    `message ${n} by ${plain(sender.name ?? '(gone)')} (${plain(sender.id)}): ${deleted ? 'deleted' : textOf(content)}`,
  );

const changed = (what: string, text: string): string => `${what.padEnd(7)}  ${text}`;
