import { NewerEvent } from '#domain';
import { OperationRefused } from '#operations';
import { NothingThere, RebuildRefused } from '#projections';
import { ConfigError } from '#platform';
import { at } from './at/at.js';
import { backupCommand } from './backup/backup.js';
import { BackupRefused } from './backup/refused.js';
import { restoreCommand } from './backup/restore.js';
import type { Command, Surroundings } from './command.js';
import { deadLetters } from './dead-letters/dead-letters.js';
import { diffCommand } from './diff/diff.js';
import { doctorCommand } from './doctor/doctor.js';
import { eraseCommand } from './erase/erase.js';
import { exportCommand } from './export/export.js';
import { ExportRefused } from './export/refused.js';
import { helpOf, helpOfAll } from './help.js';
import { keysCommand } from './keys/keys.js';
import { playCommand } from './play/play.js';
import { PlayFailed } from './play/player.js';
import { NotRecorded } from './play/recording.js';
import { rebuildCommand } from './rebuild/rebuild.js';
import { replayCommand } from './replay/replay.js';
import { reportCommand } from './report/report.js';
import { revokeCommand } from './revoke/revoke.js';
import { schemaCommand } from './schema/schema.js';
import { Unreachable } from './servers.js';
import { Missing } from './sql/duckdb.js';
import { sqlCommand } from './sql/sql.js';
import { StatementFailed } from './sql/statement-failed.js';
import { statsCommand } from './stats/stats.js';
import { status } from './status/status.js';
import { tokenCommand } from './token.js';
import { UsageError } from './usage.js';
import { verify } from './verify/verify.js';
import { versionsCommand } from './versions/versions.js';
import { webhookCommand } from './webhook/webhook.js';

export const commands: ReadonlyMap<string, Command> = new Map([
  ['token', tokenCommand],
  ['revoke', revokeCommand],
  ['status', status],
  ['stats', statsCommand],
  ['replay', replayCommand],
  ['export', exportCommand],
  ['sql', sqlCommand],
  ['report', reportCommand],
  ['play', playCommand],
  ['at', at],
  ['diff', diffCommand],
  ['schema', schemaCommand],
  ['verify', verify],
  ['rebuild', rebuildCommand],
  ['versions', versionsCommand],
  ['dead-letters', deadLetters],
  ['webhook', webhookCommand],
  ['erase', eraseCommand],
  ['keys', keysCommand],
  ['backup', backupCommand],
  ['restore', restoreCommand],
  ['doctor', doctorCommand],
]);

/** What is said in plain words. */
const complaints = [
  ...[UsageError, ConfigError, Unreachable, RebuildRefused, ExportRefused, NothingThere, NotRecorded, PlayFailed],
  ...[Missing, StatementFailed, BackupRefused, NewerEvent, OperationRefused],
];

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
  const [name, ...rest] = words[0] === 'help' ? words.slice(1) : words;
  const help = helpAskedFor(words);
  if (help !== null) {
    surroundings.out.write(help);
    return 0;
  }
  const command = commands.get(name!);
  try {
    if (!command) throw new UsageError(`there is no command ${name}`);
    return await command(rest, surroundings);
  } catch (error) {
    if (!complaints.some((complaint) => error instanceof complaint)) throw error;
    const more = error instanceof UsageError ? `\nsee \`chatctl ${command ? `${name} ` : ''}--help\`` : '';
    say(`chatctl: ${(error as Error).message}${more}`);
    return 2;
  }
}

/** Null where no help is asked for, or of a command that there is not. What follows `--` is no option. */
function helpAskedFor([name, ...rest]: readonly string[]): string | null {
  if (name === undefined || name === '--help' || name === '-h') return helpOfAll();
  if (name === 'help') return rest[0] === undefined ? helpOfAll() : helpOf(rest[0]);
  const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  return options.includes('--help') || options.includes('-h') ? helpOf(name) : null;
}
