import { randomBytes } from 'node:crypto';
import {
  type ChatCreated,
  clanRoom,
  type Decision,
  directRoom,
  keySequence,
  type MessageCreated,
  openChat,
  postToChat,
  postToRoom,
} from '#domain';
import { EventLog } from '#event-store';
import { signDevelopmentToken } from '#platform';
import { logOf, progressBar } from '#settings';
import { pendingOf } from '#projections';
import { getJson, lastOfRoom } from '../../apart/history.js';
import type { SystemApart } from '../../apart/system-apart.js';

/** A clan and a direct chat of so many messages each, and somebody who may read both. */
export interface FilledRooms {
  readonly size: number;
  readonly chatId: number;
  readonly token: string;
}

/** How many messages are under way to the log at a time. */
const AT_ONCE = 512;
const TEXT = 'the quick brown fox jumps over the lazy dog, and the dog does not mind at all';

interface Filling extends FilledRooms {
  readonly rooms: readonly { readonly had: number; readonly next: () => Decision<MessageCreated> }[];
}

/**
 * Fills what is missing of a clan and a direct chat of each size, as events of the log, and waits until the projector
 * has folded them. Rooms grow side by side, as real ones do, so that none has its messages in one place on the disk.
 */
export async function filledRooms(system: SystemApart, sizes: readonly number[]): Promise<FilledRooms[]> {
  const log = await EventLog.connect({ ...logOf(system.running), name: 'parley-bench' });
  try {
    await foldedBy(log, 'Folding what is left from last time');
    const newKey = keySequence(randomBytes(8));
    const fillings: Filling[] = [];
    for (const [i, size] of sizes.entries()) fillings.push(await prepare(system, log, newKey, i, size));
    await fill(log, fillings);
    await foldedBy(log, 'Folding');
    return fillings;
  } finally {
    await log.close();
  }
}

/** Opens the rooms of one size and looks how much is in them. */
async function prepare(
  { running: { http }, secret }: SystemApart,
  log: EventLog,
  newKey: () => string,
  index: number,
  size: number,
): Promise<Filling> {
  const [userId, receiver] = [String(2_000_000 + 2 * index), String(2_000_001 + 2 * index)];
  const clanId = `pages-${size}`;
  const context = () => ({ key: newKey(), at: new Date().toISOString() });
  const service = signDevelopmentToken(secret, { userId: 'bench', scope: 'service', seconds: 60 });
  const joined = await fetch(`${http}/clans/${clanId}/members/${userId}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${service}` },
  });
  if (!joined.ok) throw new Error(`${clanId} cannot be joined: ${joined.status} ${await joined.text()}`);
  const opened = await log.decide(directRoom(userId, receiver), 'chat', (last) =>
    openChat({ ...context(), by: userId, receiver }, last as ChatCreated | null),
  );
  if ('refusal' in opened) throw new Error(opened.refusal.message);
  const chat = opened.event ?? (opened.last as (ChatCreated & { readonly seq: number }) | null);
  if (!chat) throw new Error('a chat that is open has an event that opened it');
  const token = signDevelopmentToken(secret, { userId, seconds: 24 * 3_600 });
  const ofChat = await getJson<{ data: { n: number }[] }>(`${http}/chats/${chat.seq}/messages?limit=1`, token);
  const sender = { id: userId, name: `Person ${userId}`, avatar: null };
  return {
    size,
    chatId: chat.seq,
    token,
    rooms: [
      {
        had: await lastOfRoom(http, 'clan', token),
        next: () => postToRoom({ ...context(), sender, content: TEXT }, clanRoom(clanId)),
      },
      {
        had: ofChat.data[0]?.n ?? 0,
        next: () => postToChat({ ...context(), receiver, sender, content: TEXT }, chat),
      },
    ],
  };
}

async function fill(log: EventLog, fillings: readonly Filling[]): Promise<void> {
  const missing = fillings.flatMap(({ size, rooms }) =>
    rooms.map(({ had, next }) => ({ count: Math.max(size - had, 0), next })),
  );
  const waiting = evenly(missing);
  let left = missing.reduce((sum, { count }) => sum + count, 0);
  const bar = progressBar('Filling the rooms', process.stderr);
  bar(left);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const next of waiting) {
        const decision = next();
        if ('refusal' in decision) throw new Error(decision.refusal.message);
        if (decision.event) await log.append(decision.event);
        bar(--left);
      }
    }),
  );
}

/** Each item as often as it says, spread evenly over the whole. */
function* evenly<T>(items: readonly { readonly count: number; readonly next: T }[]): Generator<T> {
  const most = Math.max(...items.map(({ count }) => count));
  for (let i = 0; i < most; i++) {
    for (const { count, next } of items) {
      if (Math.floor(((i + 1) * count) / most) > Math.floor((i * count) / most)) yield next;
    }
  }
}

/** Resolves once the projections have folded the whole log. */
async function foldedBy(log: EventLog, name: string): Promise<void> {
  const bar = progressBar(name, process.stderr);
  for (;;) {
    const consumers = await log.consumers();
    const left = pendingOf(consumers);
    bar(left);
    if (left === 0 && consumers.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 1_050));
  }
}
