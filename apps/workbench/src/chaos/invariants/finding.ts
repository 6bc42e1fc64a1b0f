import type { Command, Evidence } from '../evidence.js';

/** What must hold, whatever was killed and cut: how often it was looked at, and where it did not. */
export interface Finding {
  readonly name: string;
  readonly what: string;
  readonly count: number;
  readonly violations: readonly string[];
}

/** Whether it held: of nothing that was looked at, nothing is known. */
export const holds = ({ count, violations }: Finding): boolean => count > 0 && violations.length === 0;

export const finding = (name: string, what: string, count: number, violations: readonly string[]): Finding => ({
  name,
  what,
  count,
  violations,
});

export const allCommands = ({ histories }: Pick<Evidence, 'histories'>): Command[] =>
  histories.flatMap(({ commands }) => commands);

export const nameOf = ({ userId, kind, commandId, room }: Command): string =>
  `${kind} ${commandId} of ${userId} in ${room}`;
