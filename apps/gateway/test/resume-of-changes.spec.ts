import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, type Room } from '#domain';
import type { KnownPosition, ResumedView } from '#protocol';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import type { ChatClient } from './chat-client.js';
import { holdTime, pass } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';

// What happens to messages between the moment in which a connection comes and its `subscribe` is told it by its `resume`.

const CLAN = clanRoom('7');

let gateway: HubInMemory;
beforeEach(async () => {
  holdTime();
  gateway = await HubInMemory.begin({ resumeChangesMax: 5 });
});
afterEach(() => {
  gateway.hub.onApplicationShutdown();
  jest.useRealTimers();
});

async function said(room: Room, userId: string): Promise<string> {
  const id = gateway.chat.say(room, 'said', userId);
  await gateway.tell();
  return id;
}

async function edited(room: Room, messageId: string, userId: string, content = 'edited'): Promise<void> {
  const fact = { room, id: `edit.${gateway.chat.nextKey()}`, at: '2026-01-01T00:01:00.000Z' };
  gateway.chat.append({ type: 'MessageEdited', ...fact, messageId, userId, content });
  await gateway.tell();
}

async function subscribe(client: ChatClient, ...to: string[]): Promise<void> {
  client.send('subscribe', { to });
  await pass();
}

/** The answer to a resume of one room, and what was told before it, beside what was told already. */
async function resume(client: ChatClient, name: string, known: KnownPosition) {
  const begun = client.frames.length;
  client.send('resume', { rooms: { [name]: known } });
  await pass();
  const frames = client.frames.slice(begun);
  const { rooms } = frames.at(-1)!.data as ResumedView;
  const told = frames.slice(0, -1).map(({ event, message, data, position }) => {
    const { n, rev, content, message: text } = (message ?? data) as Record<string, unknown>;
    return [event, n, rev, content ?? text, position];
  });
  return { resumed: rooms[name], told };
}

describe('a resume of who has subscribed to changes', () => {
  it('tells of those that came after the connection and before it subscribed', async () => {
    const one = await said(CLAN, '7');
    const { client } = await gateway.join('ada', '7');
    await edited(CLAN, one, '7');
    await said(CLAN, '7');
    await subscribe(client, 'changes');
    await edited(CLAN, one, '7', 'edited again');
    expect(client.frames.map(({ event }) => event)).toEqual(['newMessage', 'messageChanged']);
    expect(await resume(client, 'clan', { n: 1, rev: 1 })).toEqual({
      resumed: { from: { n: 1, rev: 1 }, to: { n: 1, rev: 1 }, recovered: true },
      told: [['messageChanged', 1, 4, 'edited again', { n: 1, rev: 2 }]],
    });
  });

  it('tells of them behind what was missed, from wherever the client goes on', async () => {
    const one = await said(CLAN, '7');
    await said(CLAN, '7');
    const { client } = await gateway.join('ada', '7');
    await edited(CLAN, one, '7');
    await said(CLAN, '7');
    await edited(CLAN, one, '7', 'edited again');
    await subscribe(client, 'changes');
    const behind = await resume(client, 'clan', { n: 1, rev: 1 });
    expect(behind.told).toEqual([
      ['newMessage', 2, 2, 'said', undefined],
      ['messageChanged', 1, 5, 'edited again', { n: 2, rev: 3 }],
      ['messageChanged', 1, 5, 'edited again', { n: 3, rev: 5 }],
    ]);
    expect(behind.resumed).toMatchObject({ to: { n: 2, rev: 2 }, recovered: true });
    // The new message was told as it came.
    const ahead = await resume(client, 'clan', { n: 3, rev: 4 });
    expect(ahead.told).toEqual([['messageChanged', 1, 5, 'edited again', { n: 3, rev: 5 }]]);
    expect(ahead.resumed).toMatchObject({ to: { n: 3, rev: 4 }, recovered: true });
    expect((await resume(client, 'clan', { n: 3, rev: 5 })).told).toEqual([]);
  });

  it('tells nothing of them to who has not, or not any more', async () => {
    const one = await said(CLAN, '7');
    const { client } = await gateway.join('ada', '7');
    await edited(CLAN, one, '7');
    await subscribe(client, 'typing');
    expect((await resume(client, 'clan', { n: 1, rev: 1 })).told).toEqual([]);
    await subscribe(client, 'changes');
    await subscribe(client);
    expect((await resume(client, 'clan', { n: 1, rev: 1 })).told).toEqual([]);
    // What came while they had not is told, too, and what they were told is not told again.
    await edited(CLAN, one, '7', 'while they had not');
    await subscribe(client, 'changes');
    await subscribe(client, 'changes', 'typing');
    await edited(CLAN, one, '7', 'while they had');
    await subscribe(client, 'changes');
    expect(
      (await resume(client, 'clan', { n: 1, rev: 1 })).told.map(([, , rev, , position]) => [rev, position]),
    ).toEqual([
      [4, { n: 1, rev: 2 }],
      [4, { n: 1, rev: 3 }],
    ]);
  });

  it('is not begun where they are too many', async () => {
    const one = await said(CLAN, '7');
    const { client } = await gateway.join('ada', '7');
    for (let i = 0; i < 6; i++) await edited(CLAN, one, '7', `edit ${i}`);
    await subscribe(client, 'changes');
    const { resumed, told } = await resume(client, 'clan', { n: 1, rev: 1 });
    expect([resumed, told]).toMatchObject([{ recovered: false }, []]);
    expect((await resume(client, 'clan', { n: 1, rev: 2 })).told).toHaveLength(5);
  });

  it('in a clan that they came into over the open connection misses nothing', async () => {
    const one = await said(CLAN, '7');
    const { client } = await gateway.join('ada');
    await subscribe(client, 'changes');
    gateway.chat.move('ada', '7');
    await gateway.chat.directory.run();
    await pass();
    await edited(CLAN, one, '7');
    expect(client.frames.map(({ event }) => event)).toEqual(['messageChanged']);
    await subscribe(client, 'changes', 'typing');
    expect((await resume(client, 'clan', { n: 1, rev: 1 })).told).toEqual([]);
  });
});

describe('a resume in direct chats', () => {
  it('tells of a change to an older message, after which nothing happened in the chat', async () => {
    const { room, chatId } = gateway.chat.open('1', '2');
    const one = await said(room, '2');
    await said(room, '2');
    await edited(room, one, '2');
    const { client } = await gateway.join('1', undefined, DIRECT_CHAT);
    await subscribe(client, 'changes');
    const { resumed, told } = await resume(client, `direct:${chatId}`, { n: 2, rev: 2 });
    expect(told.map((frame) => frame.slice(0, 4))).toEqual([['message_changed', 1, 3, 'edited']]);
    expect(resumed).toMatchObject({ to: { n: 2, rev: 3 }, recovered: true });
  });

  it('tells of changes, and of places that are hidden, from before it subscribed', async () => {
    const { room, chatId } = gateway.chat.open('1', '2');
    const one = await said(room, '2');
    const { client } = await gateway.join('1', undefined, DIRECT_CHAT);
    await edited(room, one, '2');
    const fact = { room, id: `block.${gateway.chat.nextKey()}`, at: '2026-01-01T00:01:00.000Z' };
    gateway.chat.append({ type: 'PersonBlocked', ...fact, by: '1', blockers: ['1'] });
    await said(room, '2');
    await said(room, '1');
    await subscribe(client, 'changes');
    expect(client.frames.map(({ event }) => event)).toEqual(['response_message']);
    const { resumed, told } = await resume(client, `direct:${chatId}`, { n: 1, rev: 1 });
    expect(told.map((frame) => frame.slice(0, 4))).toEqual([
      ['message_changed', 1, 2, 'edited'],
      ['response_message', 2, 3, ''],
    ]);
    expect(resumed).toMatchObject({ to: { n: 1, rev: 1 }, recovered: true });
    await edited(room, one, '2', 'edited again');
    expect((await resume(client, `direct:${chatId}`, { n: 3, rev: 4 })).told).toEqual([]);
  });
});
