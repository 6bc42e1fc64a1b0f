/** `warning`: nothing is wrong yet, or nobody can tell. `problem`: something is wrong. */
export type Level = 'ok' | 'warning' | 'problem';

/** What a check found, and what is to be done about it. */
export interface Finding {
  readonly check: string;
  readonly level: Level;
  readonly says: string;
  /** Empty where nothing is. */
  readonly todo: string;
}

/** Findings of one check. */
export class Findings {
  readonly all: Finding[] = [];

  constructor(private readonly check: string) {}

  ok(says: string): this {
    this.all.push({ check: this.check, level: 'ok', says, todo: '' });
    return this;
  }

  warn(says: string, todo: string): this {
    this.all.push({ check: this.check, level: 'warning', says, todo });
    return this;
  }

  fail(says: string, todo: string): this {
    this.all.push({ check: this.check, level: 'problem', says, todo });
    return this;
  }

  /** Where nothing was found. */
  okUnless(says: string): this {
    return this.all.length > 0 ? this : this.ok(says);
  }
}
