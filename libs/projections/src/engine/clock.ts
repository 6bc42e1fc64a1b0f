/** Time as workers take it. */
export interface Clock {
  /** Ms, of a clock that only goes forward. */
  now(): number;
  /** The calendar's, which somebody may set back: for names. */
  date(): Date;
  /** Calls `f` once, `ms` from now, unless it is cancelled before with what it answers. */
  after(ms: number, f: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after: (ms, f) => {
    const timer = setTimeout(f, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves `ms` from now; where the signal is aborted before, it throws why. */
export async function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', interrupt);
      resolve();
    });
    const interrupt = () => {
      cancel();
      resolve();
    };
    signal?.addEventListener('abort', interrupt, { once: true });
  });
  signal?.throwIfAborted();
}
