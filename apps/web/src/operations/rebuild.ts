import type { Operations } from '@parley/client/service';
import { useEffect, useRef, useState } from 'preact/hooks';

/** A rebuild that this page has asked for. */
export interface RunningRebuild {
  readonly projection: string;
  readonly version: number | null;
  readonly left: number | null;
  /** What was left at first. */
  readonly all: number | null;
}

export interface Rebuild {
  readonly running: RunningRebuild | null;
  /** What came of the last one, or why it did not come about. */
  readonly said: string;
  readonly start: (projection: string, how: 'rebuild' | 'refold') => void;
  /** It ends saved as far as it is, and the next one goes on there. */
  readonly stop: () => void;
}

/** @param onEnd is called where the versions may be others */
export function useRebuild(operations: Operations, onEnd: () => void): Rebuild {
  const [running, setRunning] = useState<RunningRebuild | null>(null);
  const [said, setSaid] = useState('');
  const leaving = useRef<AbortController | null>(null);
  const stop = () => {
    leaving.current?.abort();
  };
  useEffect(() => stop, [operations]);
  const follow = async (projection: string, how: 'rebuild' | 'refold') => {
    leaving.current = new AbortController();
    const { signal } = leaving.current;
    setRunning({ projection, version: null, left: null, all: null });
    setSaid('');
    let ended = 'broken off; what is built is kept, and the next one goes on there';
    try {
      for await (const step of operations.rebuild(projection, how, signal)) {
        if ('progress' in step) {
          const { version, left } = step;
          setRunning((before) => ({ projection, version, left, all: Math.max(left, before?.all ?? 0) }));
        } else if ('warning' in step) setSaid(step.warning);
        else if (step.refused !== undefined) ended = step.refused;
        else {
          const { version, folded, seconds, letters } = step;
          const taken = letters.dropped > 0 ? `, ${letters.dropped} dead letters taken in` : '';
          ended = `version ${version.number} is served: ${folded} events folded in ${seconds.toFixed(1)} s${taken}`;
        }
      }
    } catch (error) {
      if (!signal.aborted) ended = (error as Error).message;
    }
    setRunning(null);
    setSaid(`${projection}: ${ended}`);
    onEnd();
  };
  return { running, said, start: (projection, how) => void follow(projection, how), stop };
}
