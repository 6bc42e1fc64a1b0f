import { parseArgs } from 'node:util';

/** What was asked for cannot be done; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The options of the command line: `--name value`, whole numbers between bounds, and flags. */
export class Options {
  private readonly values: Readonly<Record<string, string | boolean | undefined>>;

  constructor(args: readonly string[], numbers: readonly string[], flags: readonly string[], usage: string) {
    try {
      this.values = parseArgs({
        args: [...args],
        options: {
          ...Object.fromEntries(numbers.map((name) => [name, { type: 'string' as const }])),
          ...Object.fromEntries(flags.map((name) => [name, { type: 'boolean' as const }])),
        },
      }).values;
    } catch (error) {
      throw new UsageError(`${(error as Error).message.split('.')[0]}\n${usage}`);
    }
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  number(name: string, usual: number, least: number, most: number): number {
    const text = this.values[name];
    const value = text === undefined ? usual : Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`);
  }
}
