import { parseArgs } from 'node:util';

/** What was asked for cannot be done; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The options of the command line: `--name value`, and flags. */
export class Options {
  private readonly values: Readonly<Record<string, string | boolean | undefined>>;

  constructor(args: readonly string[], valued: readonly string[], flags: readonly string[], usage: string) {
    try {
      this.values = parseArgs({
        args: [...args],
        options: {
          ...Object.fromEntries(valued.map((name) => [name, { type: 'string' as const }])),
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

  /** Whole numbers with commas between them. */
  numbers(name: string, usual: readonly number[], least: number, most: number): readonly number[] {
    const values = this.text(name)?.split(',').map(Number) ?? usual;
    if (values.every((value) => Number.isInteger(value) && value >= least && value <= most)) return values;
    throw new UsageError(`--${name} must be whole numbers from ${least} to ${most}, with commas between them`);
  }

  choice<T extends string>(name: string, usual: T, choices: readonly T[]): T {
    const text = this.text(name) ?? usual;
    const value = choices.find((choice) => choice === text);
    if (value !== undefined) return value;
    throw new UsageError(`--${name} must be ${choices.join(' or ')}`);
  }

  /** Undefined where it was not given. */
  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }
}
