import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { ProgressOutput } from '#settings';
import { timeOf } from '#domain';
import type { Moment } from '#event-store';
import { UsageError } from './usage.js';

/** What a command works with: nothing of the process is reached for beside it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Standard input. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Where the result goes. */
  readonly out: NodeJS.WritableStream;
  /** Where progress goes. */
  readonly progress: ProgressOutput;
  /** For a command that has something to save first: aborted by Ctrl-C, which from then on does not end the process. */
  readonly interrupted: () => AbortSignal;
}

/** Runs a command and answers its exit status. @throws UsageError, ConfigError, Unreachable */
export type Command = (args: string[], surroundings: Surroundings) => Promise<number>;

/** Reads the words after a command. @throws UsageError */
export function readOptions<const O extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: O,
  positionals = false,
) {
  try {
    return parseArgs({ args, options, allowPositionals: positionals });
  } catch (error) {
    // What comes after it is on how to write a word that looks like an option.
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
}

/** A point of the log in words. @throws UsageError where it is none */
export function momentOf(text: string | undefined, now: number): Moment {
  if (text !== undefined) {
    if (/^[1-9]\d{0,14}$/.test(text)) return { seq: Number(text) };
    const ago = secondsOf(text);
    if (ago !== null) return { time: now - ago * 1_000 };
    const time = timeOf(text);
    if (time !== null) return { time };
  }
  throw new UsageError('say when: 2026-01-31T18:30:00Z, how long ago (10m, 2h, 7d), or a sequence of the log, from 1');
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** The seconds of a length of time such as 90s, 15m, 1h or 7d; null where it is none. */
export function secondsOf(duration: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,6})([smhd])$/.exec(duration) ?? [];
  return count === undefined || unit === undefined ? null : Number(count) * UNITS[unit]!;
}
