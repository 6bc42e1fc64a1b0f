import type { RoomChat } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Person } from '../people.js';

/** What people are called: as who is known by name, or as their messages in the rooms say; else by their number. */
export function useNames(rooms: RoomChat, known: readonly Person[]): (userId: string | number) => string {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    const learn = (senders: readonly { readonly _id: string; readonly name: string }[]) => {
      setNames((all) => {
        const news = senders.filter(({ _id, name }) => all.get(_id) !== name);
        return news.length === 0 ? all : new Map([...all, ...news.map(({ _id, name }) => [_id, name] as const)]);
      });
    };
    const ends = [
      rooms.on('message', ({ message }) => {
        learn([message.sender]);
      }),
      rooms.on('reset', ({ messages }) => {
        learn(messages.map(({ sender }) => sender));
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [rooms]);
  return useCallback(
    (userId) => {
      const id = String(userId);
      return names.get(id) ?? known.find((person) => person.id === id)?.name ?? `#${id}`;
    },
    [names, known],
  );
}
