import { mkdirSync, rmSync } from 'node:fs';
import { CleanUp } from '../apart/clean-up.js';

/** What a drill plays on: a folder of its own, and what it says and finds. */
export class Stage {
  readonly failures: string[] = [];
  private readonly cleanUp = new CleanUp();
  private readonly beganAt = performance.now();

  /**
   * @param folder empty at the start, and deleted at the end where nothing failed
   * @param cacheFolder the shared one of downloaded servers
   */
  constructor(
    readonly folder: string,
    readonly cacheFolder: string,
  ) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }

  /** How far it is. */
  readonly say = (line: string): void => {
    const seconds = ((performance.now() - this.beganAt) / 1_000).toFixed(1).padStart(6);
    console.error(`${seconds} s  ${line}`);
  };

  /** Something that was measured, and need not be one thing or the other. */
  figure(line: string): void {
    console.log(`       ${line}`);
  }

  /** Something that must hold. The drill goes on in either case. */
  check(what: string, holds: boolean): void {
    console.log(`${holds ? '  ok  ' : ' FAIL '} ${what}`);
    if (!holds) this.failures.push(what);
  }

  /** What must not be left behind, whatever happens; what was added last is done first. */
  atEnd(step: () => unknown): void {
    this.cleanUp.add(step);
  }

  async close(): Promise<void> {
    await this.cleanUp.run();
    if (this.failures.length === 0) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A fault that is brought about on purpose, on servers of its own, and what is seen of it. */
export interface Drill {
  /** One line, for the list. */
  readonly about: string;
  /** Whether only root can bring it about. */
  readonly needsRoot?: boolean;
  /** After so many seconds it has failed. */
  readonly limitSeconds: number;
  /** Says what it does, and {@link Stage.check}s what must hold. */
  play(stage: Stage): Promise<void>;
}
