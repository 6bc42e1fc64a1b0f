import type { Command, OutboxStore } from './outbox.js';

const STORE = 'commands';

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB did not say what was wrong'));
    };
  });

/**
 * An outbox in the browser, which survives a reload. Tabs may share one: what two of them send is one command.
 * @param name of its own for each person
 */
export function indexedDbOutbox(name: string): OutboxStore {
  const opening = indexedDB.open(`parley-outbox-${name}`, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STORE, { keyPath: 'id' });
  };
  const opened = done(opening);
  // Whoever uses it is told.
  opened.catch(() => undefined);
  const store = async (mode: IDBTransactionMode) => (await opened).transaction(STORE, mode).objectStore(STORE);
  return {
    load: async () => {
      const commands = (await done((await store('readonly')).getAll())) as Command[];
      return commands.sort((a, b) => a.at - b.at);
    },
    put: async (command) => {
      await done((await store('readwrite')).put(command));
    },
    remove: async (id) => {
      await done((await store('readwrite')).delete(id));
    },
  };
}
