import { describe, expect, it, jest } from '@jest/globals';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { arrived, pass } from './chat-in-memory.js';
import { gateway, NOT_FOUND, resume, resumeAnew, said, summary } from './resumed-gateway.js';

resumeAnew();

describe('a resume in direct chats', () => {
  const join = () => gateway.join('1', undefined, DIRECT_CHAT);

  it('tells what was seen by now, however shortly after it was told otherwise', async () => {
    const { room, chatId } = gateway.chat.open('1', '2');
    await said(1, room);
    const { client } = await join();
    const tell = async () => (await resume(client, { [`direct:${chatId}`]: { n: 0, rev: 0 } })).told;
    expect(await tell()).toMatchObject([{ data: { seen: false } }]);
    gateway.chat.seen(room, '1', 1);
    await gateway.tell();
    expect(await tell()).toMatchObject([{ data: { seen: true } }]);
  });

  it('tells what was missed in each of theirs, in use or not, seen or not', async () => {
    const [two, three, foreign] = [
      gateway.chat.open('1', '2'),
      gateway.chat.open('1', '3'),
      gateway.chat.open('2', '3'),
    ];
    await said(3, two.room);
    await said(2, three.room);
    gateway.chat.seen(two.room, '1', 2);
    await gateway.tell();
    const { client } = await join();
    await said(1, two.room);
    const other = await join();
    const at = { n: 1, rev: 1 };
    const names = [two, three, foreign].map(({ chatId }) => `direct:${chatId}`);
    const asked = Object.fromEntries(names.map((name) => [name, at]));
    const first = await resume(client, asked);
    expect(first.rooms).toEqual({
      [names[0]!]: { from: at, to: { n: 3, rev: 3 }, recovered: true },
      [names[1]!]: { from: at, to: { n: 2, rev: 2 }, recovered: true },
      [names[2]!]: NOT_FOUND,
    });
    expect(first.told.map(({ event, data }) => [event, data])).toMatchObject([
      ['response_message', { chat_id: two.chatId, n: 2, seen: true }],
      ['response_message', { chat_id: two.chatId, n: 3, seen: false }],
      ['response_message', { chat_id: three.chatId, n: 2 }],
    ]);
    const second = await resume(other.client, asked);
    expect(second.rooms[names[0]!]).toEqual({ from: at, to: { n: 4, rev: 4 }, recovered: true });
    expect(second.told.map((frame) => summary(frame)[1])).toEqual([2, 3, 4, 2]);
  });

  it('tells nothing of a chat that was opened after they came: all of it was told as it happened', async () => {
    const { client } = await join();
    const { room, chatId } = gateway.chat.open('1', '2');
    await said(2, room);
    const name = `direct:${chatId}`;
    const { rooms, told } = await resume(client, { [name]: { n: 0, rev: 0 } });
    expect([rooms[name], told]).toEqual([{ from: { n: 0, rev: 0 }, to: { n: 0, rev: 0 }, recovered: true }, []]);
    expect(client.frames.filter(({ event }) => event === 'response_message')).toHaveLength(2);
  });

  it('is of numbers only, and of no other rooms', async () => {
    const { client } = await join();
    const names = ['direct:0', 'direct:07', 'direct:x', 'direct:1:2', 'global', 'direct:9999'];
    const { rooms } = await resume(client, Object.fromEntries(names.map((name) => [name, { n: 0, rev: 0 }])));
    expect(Object.values(rooms)).toEqual(names.map(() => NOT_FOUND));
  });

  it('asks for no more of them once the connection has ended', async () => {
    const names = ['2', '3'].map((other) => `direct:${gateway.chat.open('1', other).chatId}`);
    const { client } = await join();
    const asked = jest.spyOn(gateway.connection.gates, 'pass');
    const first = gateway.connection.gates.hold('recordAt');
    client.send('resume', { rooms: Object.fromEntries(names.map((name) => [name, { n: 0, rev: 0 }])) });
    await arrived(first);
    client.ws.terminate();
    await pass();
    first.release();
    await pass();
    expect(asked.mock.calls.filter(([name]) => name === 'recordAt')).toHaveLength(1);
  });
});
