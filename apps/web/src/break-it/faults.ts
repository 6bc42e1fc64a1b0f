import { useEffect, useState } from 'preact/hooks';

export const KINDS = {
  projector: { button: 'Kill the projector', done: 'projector killed' },
  gateway: { button: 'Kill the gateway', done: 'gateway killed' },
  nats: { button: 'Kill NATS', done: 'NATS killed' },
  network: { button: 'Cut the network', done: 'network cut' },
  flood: { button: 'Flood the room', done: 'room flooded' },
} as const;
export type FaultKind = keyof typeof KINDS;

/** Something that was broken, as the server tells. */
export interface Fault {
  readonly id: number;
  readonly kind: FaultKind;
  /** Ms since 1970. */
  readonly from: number;
  readonly until: number | null;
  readonly said: string | null;
}

interface Broken {
  readonly faults: readonly Fault[];
  readonly spared: Partial<Record<FaultKind, string>>;
}

/** What is broken, while it answers: a gateway that is dead takes the routes with it. */
export interface WatchedFaults extends Broken {
  readonly isAnswering: boolean;
  /** @param clan whose room is flooded */
  readonly press: (kind: FaultKind, clan: string | null) => void;
}

const LOOK_MS = 500;
const PATIENCE_MS = 2_000;

const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
  const answer = await fetch(path, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as T;
};

export function useFaults(): WatchedFaults {
  const [state, setState] = useState<Broken & { readonly isAnswering: boolean }>({
    faults: [],
    spared: {},
    isAnswering: true,
  });
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      try {
        const broken = await ask<Broken>('/development/break');
        setState({ ...broken, isAnswering: true });
      } catch {
        setState((before) => ({ ...before, isAnswering: false }));
      }
      if (!isOver) setTimeout(() => void look(), LOOK_MS);
    };
    void look();
    return () => {
      isOver = true;
    };
  }, []);
  const press = (kind: FaultKind, clan: string | null) => {
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ clan }) };
    ask<Fault>(`/development/break/${kind}`, init).then(
      (fault) => {
        setState((before) => ({ ...before, faults: [...before.faults.filter(({ id }) => id !== fault.id), fault] }));
      },
      () => {
        setState((before) => ({ ...before, isAnswering: false }));
      },
    );
  };
  return { ...state, press };
}
