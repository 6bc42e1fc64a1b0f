import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { ProgressOutput } from '#settings';
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
