import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { clanRoom, keySequence, postToRoom } from '#domain';
import { EventLog } from '#event-store';
import { logOf, progressBar, type Running } from '#settings';
import { lastOfRoom } from '../../apart/history.js';

/** The clan of the first people of the page, and who they are. */
export const CLAN = '3';
export const READER = { userId: 7, name: 'Ada', clanId: CLAN };
const AT_ONCE = 512;
const WORDS = 'the quick brown fox jumps over the lazy dog and the dog does not mind at all so they go on'.split(' ');
/** Between two messages: so they are of many days. */
const APART_MS = 60_000;

/** A token of the reader's, of a server that gives them out. */
export async function readersToken(http: string): Promise<string> {
  const answer = await fetch(`${http}/development/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(READER),
  });
  return ((await answer.json()) as { readonly token: string }).token;
}

/** So many messages, of one to 80 words by five people, as events of the log; resolves once they can be read. */
export async function fillClan(running: Running, count: number): Promise<void> {
  const log = await EventLog.connect({ ...logOf(running), name: 'parley-bench' });
  try {
    const newKey = keySequence(randomBytes(8));
    const bar = progressBar('Filling the room', process.stderr);
    const since = Date.now() - count * APART_MS;
    let next = 0;
    let left = count;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let i = next++; i < count; i = next++) {
          const person = 7 + ((i >> 1) % 5);
          const sender = { id: String(person), name: `Person ${person}`, avatar: null };
          const length = i % 40 === 0 ? 80 : 1 + ((i * 7) % 17);
          const content = Array.from({ length }, (_, word) => WORDS[(i + word) % WORDS.length]!).join(' ');
          const context = { key: newKey(), at: new Date(since + i * APART_MS).toISOString() };
          const decision = postToRoom({ ...context, sender, content }, clanRoom(CLAN));
          if ('refusal' in decision) throw new Error(decision.refusal.message);
          await log.append(decision.event);
          bar(--left);
        }
      }),
    );
  } finally {
    await log.close();
  }
  const token = await readersToken(running.http);
  // Whoever has never come is in no clan.
  await once(running.gateways[0]!, token);
  while ((await lastOfRoom(running.http, 'clan', token)) < count) await sleep(200);
}

async function once(gateway: string, token: string): Promise<void> {
  const socket = new WebSocket(`${gateway}/ws/chat?token=${token}`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => {
      reject(new Error('the reader could not connect'));
    };
  });
  socket.close();
}
