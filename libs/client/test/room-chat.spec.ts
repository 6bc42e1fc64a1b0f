import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { RoomChat, type RoomMessage } from '../src/index.js';
import { endAll, last, settled, SocketInHand } from './socket-in-hand.js';

const chats: RoomChat[] = [];
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  for (const chat of chats.splice(0)) chat.disconnect();
  endAll();
  jest.useRealTimers();
});

const message = (n: number): RoomMessage => ({
  ...{ _id: `m${n}`, sender: { _id: '7', name: 'Ada', avatar: null }, content: `${n}`, type: 'global', reactions: [] },
  ...{ createdAt: '2026-01-02T03:04:05.678Z', n, rev: n },
});

/** Follows the global room from a message on. */
async function following(n: number): Promise<RoomChat> {
  const page = { data: { ChatMessage: n > 0 ? [message(n)] : [] } };
  const fetch = () => Promise.resolve(new Response(JSON.stringify(page)));
  const chat = new RoomChat({ url: 'wss://chat.test', token: 'a', WebSocket: SocketInHand, fetch }).connect();
  chats.push(chat);
  await settled();
  last().onopen!();
  last().tell({ event: 'resumed', data: { rooms: { global: { to: { n, rev: n }, recovered: false } } } });
  await new Promise((resolve) => {
    chat.on('reset', resolve);
  });
  return chat;
}

it('hears the frames of the dialect that has them once more within', async () => {
  const chat = await following(1);
  const frame = { chat: 'global', event: 'newMessage', message: message(2) };
  last().tell(frame);
  last().tell({ message: { ...frame, message: message(3) } });
  last().tell({ event: 'message', message: 'anything else' });
  expect(chat.latest('global').map(({ n }) => n)).toEqual([1, 2, 3]);
});

it('says which log its positions are of, and none of those that are of another', async () => {
  const chat = await following(5);
  const answered = (data: object) => {
    last().tell({ event: 'resumed', data });
  };
  const resumes = () => last().sent.filter(({ event }) => event === 'resume');
  const reconnect = async () => {
    last().end(1012, 'restart: reconnect after 0 ms');
    await jest.advanceTimersByTimeAsync(5_000);
    last().onopen!();
    await settled();
    return resumes().map(({ data }) => data);
  };
  expect(await reconnect()).toEqual([{ rooms: { global: { n: 5, rev: 5 }, clan: null } }]);
  // The log was restored, and has as many changes again.
  answered({ rooms: { global: { to: { n: 6, rev: 6 }, recovered: false } }, log: '2026' });
  await new Promise((resolve) => {
    chat.on('reset', resolve);
  });
  expect(await reconnect()).toEqual([{ rooms: { global: { n: 6, rev: 6 }, clan: null }, log: '2026' }]);
  // Of another one it heard by way of another room.
  answered({ rooms: { clan: { recovered: false } }, log: '2027' });
  expect(await reconnect()).toEqual([{ rooms: { global: null, clan: null }, log: '2027' }]);
});

it('keeps the latest 500 messages', async () => {
  const chat = await following(1);
  for (let n = 2; n <= 510; n++) last().tell({ chat: 'global', event: 'newMessage', message: message(n) });
  const kept = chat.latest('global').map(({ n }) => n);
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([500, 11, 510]);
});

it('asks for the latest page again and again, until it is there or nobody is connected any more', async () => {
  let asked = 0;
  const fetch = () => {
    asked++;
    return Promise.reject(new Error('nobody answers'));
  };
  const chat = new RoomChat({ url: 'wss://chat.test', token: 'a', WebSocket: SocketInHand, fetch }).connect();
  chats.push(chat);
  await settled();
  last().onopen!();
  last().tell({ event: 'resumed', data: { rooms: { global: { to: { n: 1, rev: 1 }, recovered: false } } } });
  await jest.advanceTimersByTimeAsync(30_000);
  expect(asked).toBeGreaterThan(3);
  chat.disconnect();
  await jest.advanceTimersByTimeAsync(10_000);
  const before = asked;
  await jest.advanceTimersByTimeAsync(60_000);
  expect([asked, jest.getTimerCount()]).toEqual([before, 0]);
});

it('asks again where its rooms go on, and for what it is to be told, when that is refused for the moment', async () => {
  await following(1);
  const first = last().sent.slice();
  expect(first.map(({ event }) => event)).toEqual(['subscribe', 'resume']);
  for (const { id } of first) {
    last().tell({ event: 'nack', id, data: { code: 'unavailable', message: 'away', retryable: true } });
  }
  await jest.advanceTimersByTimeAsync(1_000);
  const again = last().sent.slice(2);
  expect(again.map(({ event }) => event).sort()).toEqual(['resume', 'subscribe']);
  // From where it stands by now.
  expect(again.find(({ event }) => event === 'resume')?.data).toMatchObject({ rooms: { global: { n: 1, rev: 1 } } });
});
