import { RequestFailed } from '@parley/client';
import type { LogFold, LogSelection, Service } from '@parley/client/service';
import { useEffect, useRef, useState } from 'preact/hooks';
import { onDelivery } from '../deliveries.js';
import type { AnyEvent } from './words.js';

const KEPT_AT_MOST = 500;
const SHOWN_EVERY_MS = 100;
const RETRY_MS = 2_000;

export interface Log {
  /** Newest first. */
  readonly events: readonly AnyEvent[];
  /** How many there are that are not shown. */
  readonly waiting: number;
  readonly foldOf: (seq: number) => LogFold | undefined;
  /** `absent`: there is no log at this address, so it is not asked for again. */
  readonly state: 'connecting' | 'following' | 'away' | 'absent';
  /** Why it is away. */
  readonly reason: string;
}

/** Whatever comes of the log, kept out of what is rendered. */
interface Kept {
  events: AnyEvent[];
  readonly folds: Map<number, LogFold>;
  /** Whether something came, of the log or to a chat, since it was last shown. */
  isNew: boolean;
}

/** The events as they are appended, from the last hundred on, over a server that goes away. */
export function useLog(service: Service, selection: LogSelection, isPaused: boolean): Log {
  const kept = useRef<Kept>({ events: [], folds: new Map(), isNew: false });
  const [shown, setShown] = useState<readonly AnyEvent[]>([]);
  const [state, setState] = useState<Pick<Log, 'state' | 'reason'>>({ state: 'connecting', reason: '' });
  const [waiting, setWaiting] = useState(0);
  const lastShown = shown[0]?.seq ?? 0;
  useEffect(() => {
    const end = new AbortController();
    kept.current = { events: [], folds: new Map(), isNew: false };
    setShown([]);
    setWaiting(0);
    setState({ state: 'connecting', reason: '' });
    void follow(service, selection, kept.current, end.signal, (state, reason = '') => {
      setState((before) => (before.state === state && before.reason === reason ? before : { state, reason }));
    });
    return () => {
      end.abort();
    };
  }, [service, JSON.stringify(selection)]);
  useEffect(
    () =>
      onDelivery(() => {
        kept.current.isNew = true;
      }),
    [],
  );
  useEffect(() => {
    const show = () => {
      const { events, isNew } = kept.current;
      if (!isNew) return;
      if (isPaused) setWaiting(events.filter(({ seq }) => seq > lastShown).length);
      else {
        kept.current.isNew = false;
        setWaiting(0);
        setShown([...events]);
      }
    };
    const timer = setInterval(show, SHOWN_EVERY_MS);
    return () => {
      clearInterval(timer);
    };
  }, [lastShown, isPaused]);
  return { events: shown, waiting, foldOf: (seq) => kept.current.folds.get(seq), ...state };
}

async function follow(
  service: Service,
  selection: LogSelection,
  kept: Kept,
  signal: AbortSignal,
  tell: (state: Log['state'], reason?: string) => void,
): Promise<void> {
  let next: number | null = null;
  const isOver = () => signal.aborted;
  while (!isOver()) {
    try {
      const from: LogSelection = next === null ? { last: 100 } : { from: next };
      for await (const line of service.log({ ...selection, ...from }, { follow: true, folds: true, signal })) {
        tell('following');
        if (line.kind === 'folded') keepFold(kept, line.fold);
        else if (line.kind === 'event' || line.kind === 'unreadable') {
          kept.events = [line.event, ...kept.events].slice(0, KEPT_AT_MOST);
          next = line.event.seq + 1;
        } else {
          if (line.seq !== null) next = Math.max(next ?? 0, line.seq + 1);
          continue;
        }
        kept.isNew = true;
      }
    } catch (error) {
      if (isOver()) return;
      if (error instanceof RequestFailed && error.status === 404) {
        tell('absent');
        return;
      }
      tell('away', (error as Error).message);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The first version that tells of it is the one that is served. */
function keepFold({ folds }: Kept, fold: LogFold): void {
  if (!folds.has(fold.seq)) folds.set(fold.seq, fold);
  const [oldest] = folds.keys();
  if (folds.size > 2 * KEPT_AT_MOST) folds.delete(oldest!);
}
