import type { RoomChat, RoomName } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Place } from './list.js';

const NONE = { global: 0, clan: 0 };

/** How much others have said in the rooms since one looked at them, from the opening of the page on. */
export function useUnread(rooms: RoomChat, me: string, place: Place | null): Readonly<Record<RoomName, number>> {
  const [counts, setCounts] = useState(NONE);
  const shown = place?.kind === 'room' ? place.room : null;
  const looked = useRef(shown);
  looked.current = shown;
  useEffect(
    () =>
      rooms.on('message', ({ room, message }) => {
        if (room === looked.current || message.sender._id === me) return;
        setCounts((all) => ({ ...all, [room]: all[room] + 1 }));
      }),
    [rooms, me],
  );
  useEffect(() => {
    if (shown !== null) setCounts((all) => ({ ...all, [shown]: 0 }));
  }, [shown]);
  return counts;
}
