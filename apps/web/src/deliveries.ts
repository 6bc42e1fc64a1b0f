import type { DirectChat, RoomChat } from '@parley/client';

// When messages came to the chats on this page, for who looks at their way.

export interface Delivery {
  /** Whose chat it came to. */
  readonly to: string;
  /** By this browser's clock, ms since 1970. */
  readonly at: number;
}

const KEPT_AT_MOST = 1_000;
const byMessage = new Map<string, Delivery[]>();
const listeners = new Set<() => void>();

export const deliveriesOf = (messageId: string): readonly Delivery[] => byMessage.get(messageId) ?? [];

/** @returns the way to stop listening */
export function onDelivery(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Notes what comes to the chats of one person. @returns the way to stop */
export function watchDeliveries(to: string, rooms: RoomChat, direct: DirectChat): () => void {
  const note = (messageId: string) => {
    byMessage.set(messageId, [...deliveriesOf(messageId), { to, at: Date.now() }]);
    const [oldest] = byMessage.keys();
    if (byMessage.size > KEPT_AT_MOST) byMessage.delete(oldest!);
    for (const listener of listeners) listener();
  };
  const stops = [
    rooms.on('message', ({ message }) => {
      note(message._id);
    }),
    direct.on('message', ({ id }) => {
      note(id);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
