import type { Operations, OperationsStatus } from '@parley/client/service';
import { useEffect, useState } from 'preact/hooks';

/** How far each projection was behind at a moment. */
export interface Look {
  /** Ms since the page was loaded. */
  readonly at: number;
  readonly lags: Readonly<Record<string, number>>;
}

/** So long it is shown. */
export const SHOWN_MS = 120_000;
const PAUSE_MS = 400;
const RETRY_MS = 1_500;

interface Watched {
  readonly status: OperationsStatus | null;
  readonly history: readonly Look[];
  /** Why there is nothing newer. */
  readonly fault: Error | null;
}

/** Looks again and again: each look takes the server a second. */
export function useStatus(operations: Operations): Watched {
  const [watched, setWatched] = useState<Watched>({ status: null, history: [], fault: null });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const look = async () => {
      let pause = PAUSE_MS;
      try {
        const status = await operations.status();
        const at = performance.now();
        const lags = Object.fromEntries(status.projections.map(({ projection, lagEvents }) => [projection, lagEvents]));
        setWatched(({ history }) => {
          const kept = history.filter((one) => one.at > at - SHOWN_MS);
          return { status, history: [...kept, { at, lags }], fault: null };
        });
      } catch (error) {
        pause = RETRY_MS;
        setWatched((before) => ({ ...before, fault: error as Error }));
      }
      if (!isOver) timer = setTimeout(() => void look(), pause);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [operations]);
  return watched;
}
