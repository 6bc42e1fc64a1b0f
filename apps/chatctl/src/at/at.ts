import { type Room, roomKind, roomWritten } from '#domain';
import { progressBar } from '#settings';
import { knownSeq, refuseIfNothing, RoomFold } from '#projections';
import { type Command, momentOf, readOptions } from '../command.js';
import { Output } from '../output.js';
import { withLog } from '../servers.js';
import { UsageError } from '../usage.js';
import { jsonOf, linesOf } from './page.js';

const OPTIONS = { room: { type: 'string' }, changes: { type: 'boolean' }, json: { type: 'boolean' } } as const;

/** `chatctl at`: a room as it was at some time. */
export const at: Command = async (args, { env, out, progress }) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { changes = false, json = false } = values;
  if (positionals.length > 1) throw new UsageError(`at takes one time, not ${positionals.join(' ')}`);
  const moment = momentOf(positionals[0], Date.now());
  const room = roomOfMessages(values.room);
  return withLog(env, async (log) => {
    const until = await knownSeq(log, moment);
    const fold = await RoomFold.start(log, room);
    await fold.to(until, progressBar(`Folding ${room}`, progress));
    const then = await fold.room();
    await refuseIfNothing(then, log);
    const output = new Output(out);
    for (const text of inParts(json ? jsonOf(then) : linesOf(then, changes))) await output.write(text);
    await output.end();
    return 0;
  });
};

/** So many characters are written together, or a few more: of a large room there are tens of millions. */
const PART = 1 << 16;

function* inParts(texts: Iterable<string>): Generator<string, void> {
  let part = '';
  for (const text of texts) {
    part += text;
    if (part.length < PART) continue;
    yield part;
    part = '';
  }
  yield part;
}

/** A room in which people say something. @throws UsageError */
export function roomOfMessages(written: string | undefined): Room {
  const room = written === undefined ? null : roomWritten(written);
  if (room === null || ['user', 'partition'].includes(roomKind(room))) {
    throw new UsageError('say which room: --room global, --room clan:ID or --room direct:ID:ID');
  }
  return room;
}
