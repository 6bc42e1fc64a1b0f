import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SystemUnderTest } from '../../chatctl/test/system-under-test.js';
import { ProjectorProcess } from './projector-process.js';

/** Projector processes on the log and the database of a test. None of them runs at first. */
export class Projectors {
  readonly all: readonly ProjectorProcess[];
  private readonly logs = mkdtempSync(join(tmpdir(), 'parley-projectors-'));

  /** @param projections as in PROJECTIONS */
  constructor(system: SystemUnderTest, count: number, projections: string) {
    const env = { ...system.env, PROJECTIONS: projections };
    this.all = Array.from({ length: count }, (_, i) => new ProjectorProcess(env, join(this.logs, `${i}.log`)));
  }

  /** What they had to complain of, in all their lives, dead letters left out; a process that crashed has a trace. */
  complaints(): string[] {
    const lines = readdirSync(this.logs).flatMap((file) => readFileSync(join(this.logs, file), 'utf8').split('\n'));
    return lines.filter((line) => {
      if (line === '') return false;
      return !line.startsWith('{') || (line.includes('"level":"error"') && !line.includes('is a dead letter of'));
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((projector) => projector.end('SIGKILL')));
    rmSync(this.logs, { recursive: true, force: true });
  }
}
