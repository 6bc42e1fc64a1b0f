import { ConfigError } from '#platform';
import { at } from './at/at.js';
import { NothingThere } from './at/room-then.js';
import type { Command, Surroundings } from './command.js';
import { deadLetters } from './dead-letters/dead-letters.js';
import { Unreachable } from './servers.js';
import { RebuildRefused } from '#projections';
import { eraseCommand } from './erase/erase.js';
import { keysCommand } from './keys/keys.js';
import { rebuildCommand } from './rebuild/rebuild.js';
import { revokeCommand } from './revoke/revoke.js';
import { statsCommand } from './stats/stats.js';
import { status } from './status/status.js';
import { tokenCommand } from './token.js';
import { USAGE, UsageError } from './usage.js';
import { verify } from './verify/verify.js';
import { versionsCommand } from './versions/versions.js';
import { webhookCommand } from './webhook/webhook.js';

const commands: ReadonlyMap<string, Command> = new Map([
  ['token', tokenCommand],
  ['revoke', revokeCommand],
  ['status', status],
  ['stats', statsCommand],
  ['at', at],
  ['verify', verify],
  ['dead-letters', deadLetters],
  ['rebuild', rebuildCommand],
  ['versions', versionsCommand],
  ['webhook', webhookCommand],
  ['erase', eraseCommand],
  ['keys', keysCommand],
]);

/** What is said in plain words. */
const complaints = [UsageError, ConfigError, Unreachable, RebuildRefused, NothingThere];

/**
 * Runs the command that the words name.
 * @param say is told, a text at a time, what is wrong with the words or the servers
 * @returns the exit status
 */
export async function chatctl(
  words: readonly string[],
  surroundings: Surroundings,
  say: (complaint: string) => void,
): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help') {
    surroundings.out.write(USAGE);
    return 0;
  }
  try {
    const command = commands.get(name);
    if (!command) throw new UsageError(`there is no command ${name}`);
    return await command(rest, surroundings);
  } catch (error) {
    if (!complaints.some((complaint) => error instanceof complaint)) throw error;
    say(`chatctl: ${(error as Error).message}\n${error instanceof UsageError ? `\n${USAGE}` : ''}`.trimEnd());
    return 2;
  }
}
