import { roomKind, roomWritten } from '#domain';
import { progressBar } from '#platform';
import { type Command, readOptions } from '../command.js';
import { withServers } from '../servers.js';
import { UsageError } from '../usage.js';
import { momentOf } from './moment.js';
import { linesOf, objectOf } from './page.js';
import { roomThen } from './room-then.js';

const OPTIONS = { room: { type: 'string' }, changes: { type: 'boolean' }, json: { type: 'boolean' } } as const;

/** `chatctl at`: a room as it was at some time. */
export const at: Command = async (args, { env, out, progress }) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { room: written, changes = false, json = false } = values;
  if (positionals.length > 1) throw new UsageError(`at takes one time, not ${positionals.join(' ')}`);
  const moment = momentOf(positionals[0], Date.now());
  const room = written === undefined ? null : roomWritten(written);
  if (room === null || ['user', 'partition'].includes(roomKind(room))) {
    throw new UsageError('say which room: --room global, --room clan:ID or --room direct:ID:ID');
  }
  return withServers(env, async ({ log }) => {
    const then = await roomThen(log, room, moment, progressBar(`Folding ${room}`, progress));
    if (json) out.write(`${JSON.stringify(objectOf(then))}\n`);
    else for (const line of linesOf(then, changes)) out.write(`${line}\n`);
    return 0;
  });
};
