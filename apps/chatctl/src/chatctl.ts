import { setFlagsFromString } from 'node:v8';
import type { Command, Surroundings } from './command.js';
import { helpOf, helpOfAll } from './help.js';
import { UsageError } from './usage.js';

/** Each is loaded where it is asked for: what the others need is half a second and 50 MB. */
export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['token', async () => (await import('./token.js')).tokenCommand],
  ['revoke', async () => (await import('./revoke/revoke.js')).revokeCommand],
  ['status', async () => (await import('./status/status.js')).status],
  ['stats', async () => (await import('./stats/stats.js')).statsCommand],
  ['replay', async () => (await import('./replay/replay.js')).replayCommand],
  ['export', async () => (await import('./export/export.js')).exportCommand],
  ['sql', async () => (await import('./sql/sql.js')).sqlCommand],
  ['report', async () => (await import('./report/report.js')).reportCommand],
  ['play', async () => (await import('./play/play.js')).playCommand],
  ['at', async () => (await import('./at/at.js')).at],
  ['diff', async () => (await import('./diff/diff.js')).diffCommand],
  ['schema', async () => (await import('./schema/schema.js')).schemaCommand],
  ['verify', async () => (await import('./verify/verify.js')).verify],
  ['rebuild', async () => (await import('./rebuild/rebuild.js')).rebuildCommand],
  ['versions', async () => (await import('./versions/versions.js')).versionsCommand],
  ['dead-letters', async () => (await import('./dead-letters/dead-letters.js')).deadLetters],
  ['webhook', async () => (await import('./webhook/webhook.js')).webhookCommand],
  ['erase', async () => (await import('./erase/erase.js')).eraseCommand],
  ['keys', async () => (await import('./keys/keys.js')).keysCommand],
  ['backup', async () => (await import('./backup/backup.js')).backupCommand],
  ['restore', async () => (await import('./backup/restore.js')).restoreCommand],
  ['doctor', async () => (await import('./doctor/doctor.js')).doctorCommand],
]);

/** Those that read much of the log. */
const READERS = new Set(['replay', 'export', 'at', 'diff']);

/**
 * What reads the log lets go of much, and holds little of it at a time. By itself the part of the heap for what is new would
 * grow to 130 MB meanwhile; what it has come to while everything was loaded is enough, and quicker.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** What is said in plain words, by the names of their classes: these come with the commands. */
export const complaints: ReadonlySet<string> = new Set([
  ...['UsageError', 'ConfigError', 'Unreachable', 'OperationRefused', 'NothingThere', 'NotRecorded', 'PlayFailed'],
  ...['Missing', 'StatementFailed', 'NewerEvent'],
]);

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
  const load = commands.get(name!);
  try {
    if (!load) throw new UsageError(`there is no command ${name}`);
    const command = await load();
    if (READERS.has(name!)) keepHeapSmall();
    return await command(rest, surroundings);
  } catch (error) {
    if (!(error instanceof Error) || !complaints.has(error.constructor.name)) throw error;
    const more = error instanceof UsageError ? `\nsee \`chatctl ${load ? `${name} ` : ''}--help\`` : '';
    say(`chatctl: ${error.message}${more}`);
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
