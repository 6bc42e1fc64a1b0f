/** Time as a worker takes it. */
export interface Clock {
  /** Ms, of a clock that only goes forward. */
  now(): number;
  /** Calls `f` once, `ms` from now, unless it is cancelled before with what it answers. */
  after(ms: number, f: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, f) => {
    const timer = setTimeout(f, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
