import pTimeout from 'p-timeout';
import { Logger } from '@nestjs/common';
import type { Served } from '#read-models';

/** Says why something is not ready and what to do about it; its message is shown to whoever asks. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

/** Ready: every check said yes. The failing ones by name, each with what to do. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly failing: readonly Failing[] };

export interface Failing {
  readonly check: string;
  readonly message: string;
}

/** A check that takes longer than this has failed: whoever asks has a time limit too. Milliseconds. */
const CHECK_TIME = 3_000;

/** What was found is told to whoever asks within so long: each look costs questions to servers. Milliseconds. */
const FRESH = 500;

/** What a process needs to do its work. */
export class Health {
  readonly #checks = new Map<string, () => Promise<void>>();
  readonly #logger = new Logger('Health');
  #wasReady = true;
  #found: Promise<Readiness> | null = null;

  /** `check` rejects with {@link NotReady}, or with any other error, whose message then stays in our own log. */
  add(name: string, check: () => Promise<void>): void {
    this.#checks.set(name, check);
  }

  /** A process that answers is alive; what it waits for comes back without it being started again. */
  live(): { readonly live: true } {
    return { live: true };
  }

  /** All who ask at the same moment are told by one look, and so is who asks shortly after. */
  ready(): Promise<Readiness> {
    this.#found ??= this.#look().finally(() => {
      setTimeout(() => (this.#found = null), FRESH).unref();
    });
    return this.#found;
  }

  async #look(): Promise<Readiness> {
    const results = await Promise.all([...this.#checks].map(([name, check]) => this.#ask(name, check)));
    const failing = results.filter((result) => result !== null);
    if (failing.length === 0 && !this.#wasReady) this.#logger.log('ready again');
    this.#wasReady = failing.length === 0;
    return failing.length === 0 ? { ready: true } : { ready: false, failing };
  }

  async #ask(name: string, check: () => Promise<void>): Promise<Failing | null> {
    const late = (): never => {
      throw new NotReady(`no answer within ${CHECK_TIME / 1_000} s: see whether its server is up`);
    };
    try {
      await pTimeout(check(), { milliseconds: CHECK_TIME, fallback: late });
      return null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Once, not at every probe.
      if (this.#wasReady) this.#logger.warn(`not ready: ${name}: ${reason}`);
      const message = error instanceof NotReady ? reason : 'it failed: the log of this process says why';
      return { check: name, message };
    }
  }
}

/** A check of the health: there is a version of the projection that this release can read. */
export const servedCheck = (served: Served<unknown>) => async (): Promise<void> => {
  await served.pin().catch((cause: unknown) => {
    throw new NotReady(cause instanceof Error ? cause.message : String(cause), { cause });
  });
};
