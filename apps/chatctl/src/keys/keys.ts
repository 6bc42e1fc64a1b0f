import { MasterKeyMissing } from '#event-store';
import { progressBar } from '#settings';
import { type Command, readOptions } from '../command.js';
import { Unreachable, withServers } from '../servers.js';
import { UsageError } from '../usage.js';

const OPTIONS = { json: { type: 'boolean' } } as const;

/** `chatctl keys rotate`: wraps people's keys with the first of the master keys. */
export const keysCommand: Command = async (args, { env, out, progress }) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  if (positionals.join(' ') !== 'rotate') throw new UsageError('keys is followed by rotate');
  return withServers(env, async ({ log }) => {
    const all = await log.keyring.count();
    const bar = progressBar('Wrapping keys', progress);
    try {
      const rotated = await log.keyring.rotate((seen) => {
        bar(Math.max(0, all - seen));
      });
      bar(0);
      out.write(
        values.json
          ? `${JSON.stringify({ keys: all, rotated })}\n`
          : `${rotated} of ${all} keys are wrapped anew: the older master keys are not needed any more once every role has ` +
              'been started with the first one\n',
      );
      return 0;
    } catch (error) {
      if (error instanceof MasterKeyMissing) throw new Unreachable(error.message, { cause: error });
      throw error;
    }
  });
};
