import type { RoomChat } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import type { Person } from './people.js';

/** Somebody who chats on this page, and by which client. */
export interface PaneClient {
  readonly person: Person;
  readonly rooms: RoomChat;
}

let clients: readonly PaneClient[] = [];
const listeners = new Set<() => void>();

function set(next: readonly PaneClient[]): void {
  clients = next;
  for (const listener of listeners) listener();
}

/** For who looks on: a client of this page. @returns how it is told that it is one no more */
export function announceClient(client: PaneClient): () => void {
  set([...clients, client]);
  return () => {
    set(clients.filter((one) => one !== client));
  };
}

/** Those that there are now. */
export function useClients(): readonly PaneClient[] {
  const [now, setNow] = useState(clients);
  useEffect(() => {
    const listener = () => {
      setNow(clients);
    };
    listeners.add(listener);
    listener();
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return now;
}
