import { type Room, roomIds, roomKind } from '#domain';
import type { Timeline } from '../../src/index.js';

/** What anybody can ask of a room. */
export function shownBy(queries: Timeline, asked: readonly Room[]) {
  return Promise.all(
    asked.map(async (room) => {
      const messages = (await queries.page(room, { limit: 100_000 })).reverse();
      const run = await queries.changesSince(room, { n: 0, rev: 0 }, 100_000);
      const users = roomKind(room) === 'direct' ? roomIds(room) : [];
      const entries = await Promise.all(
        users.map(async (userId) => {
          const entry = await queries.entry(userId, room);
          if (!entry) return [];
          const seenAt = await queries.seenAt(room, userId, messages);
          const { _id, seq: _seq, ...shown } = entry;
          return [{ ...shown, seenAt: messages.map(({ n }) => seenAt(n)) }];
        }),
      );
      const threads = await Promise.all(
        messages.map((message) => queries.thread(message, { after: 0, limit: 100_000 })),
      );
      return {
        room,
        position: await queries.position(room),
        threads: threads.map(({ root, replies }) => ({ root: root.n, replies: replies.map(({ n }) => n) })),
        messages: messages.map(({ _id, seq: _seq, room: _room, sent: _sent, people: _people, ...shown }) => shown),
        changes: (run?.changes ?? []).map(({ rev, kind, message: { n } }) => ({ rev, kind, n })),
        entries: entries.flat(),
      };
    }),
  );
}
