import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';
import { UNAVAILABLE, UNKNOWN } from '#protocol';
import { refusal } from './chat-client.js';
import { CuttableProxy } from '../../../libs/event-store/test/cuttable-proxy.js';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';

let system: ChatUnderTest;
let proxy: CuttableProxy;
/** `cut` loses its log now and then; `steady` never does. */
let cut: Gateway;
let steady: Gateway;

beforeAll(async () => {
  proxy = await CuttableProxy.start(process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222');
  system = await ChatUnderTest.start();
  [cut, steady] = await Promise.all([system.startGateway({ servers: proxy.url }), system.startGateway()]);
});
afterAll(async () => {
  proxy.mend();
  await system.stop();
  await proxy.stop();
});

async function interrupt(meanwhile: () => Promise<void>): Promise<void> {
  proxy.cut();
  await until('lost', () => cut.hub.barrier.state === 'shut');
  await meanwhile();
  proxy.mend();
  await until('back', () => cut.hub.barrier.state === 'open');
}

describe('a gateway whose log was away for a while', () => {
  it('tells what was missed, in order and once, and goes on', async () => {
    const behind = await system.room(cut, 'i-behind', { clanId: 'i' });
    const ahead = await system.room(steady, 'i-ahead', { clanId: 'i' });
    ahead.send('clanMessage', { content: 'before' });
    const message_id = (await ahead.next()).message?.['_id'];
    await behind.next();
    await interrupt(async () => {
      ahead.send('clanMessage', { content: 'during 1' });
      ahead.send('clanMessageReaction', { message_id, emoji: '👍' });
      ahead.send('clanMessage', { content: 'during 2' });
      await ahead.take(3);
      expect(await behind.quiet(100)).toEqual([]);
    });
    ahead.send('clanMessage', { content: 'after' });
    const frames = await behind.take(4);
    expect(frames.map(({ event, message }) => [event, message?.['content']])).toEqual([
      ['newMessage', 'during 1'],
      ['newReaction', 'before'],
      ['newMessage', 'during 2'],
      ['newMessage', 'after'],
    ]);
    expect(await behind.quiet(100)).toEqual([]);
  });

  it('tells direct messages that were missed, of chats opened meanwhile too', async () => {
    const [behind, ada] = [await system.direct(cut, 31), await system.direct(steady, 32)];
    let chat_id = 0;
    await interrupt(async () => {
      ada.send('create_chat', { receiver_id: 31 });
      chat_id = ((await ada.next()).data as { id: number }).id;
      ada.send('create_message', { chat_id, receiver_id: 31, message: 'while you were away' });
      await ada.next();
    });
    expect(await behind.next()).toMatchObject({
      event: 'response_message',
      data: { chat_id, message: 'while you were away', sender_id: 32 },
    });
    ada.send('create_message', { chat_id, receiver_id: 31, message: 'welcome back' });
    expect((await behind.next()).data).toMatchObject({ message: 'welcome back', n: 2 });
    expect(await behind.quiet(100)).toEqual([]);
  });

  it('refuses commands meanwhile, at once, and new connections', async () => {
    const ada = await system.room(cut, 'i-ada');
    const bob = await system.direct(cut, 33);
    await interrupt(async () => {
      const took = stopwatch();
      ada.send('globalMessage', { content: 'lost?' });
      expect(await ada.next()).toEqual({ error: UNAVAILABLE.message });
      bob.send('create_chat', { receiver_id: 34 });
      expect((await bob.next()).data).toMatchObject({ status: 'error', code: 'unavailable' });
      expect(took()).toBeLessThan(1_000);
      expect((await refusal(system.roomUrl(cut, system.token('i-new')))).status).toBe(503);
    });
    ada.send('globalMessage', { content: 'back' });
    expect(await ada.next()).toMatchObject({ message: { content: 'back' } });
  });

  it('tells nothing to who was taken out of the clan meanwhile', async () => {
    const gone = await system.room(cut, 'i-gone', { clanId: 'i2' });
    const ahead = await system.room(steady, 'i-stays', { clanId: 'i2' });
    await interrupt(async () => {
      await system.putIntoClan('i-gone', null);
      ahead.send('clanMessage', { content: 'secret' });
      await ahead.next();
    });
    ahead.send('clanMessage', { content: 'another secret' });
    await ahead.next();
    expect(await gone.quiet()).toEqual([]);
    gone.send('clanMessage', { content: 'hello?' });
    expect(await gone.next()).toMatchObject({ error: [{ field: 'clan_id' }] });
  });
});

describe('a gateway whose log does not answer', () => {
  it('refuses within 5 s what waits for it, says what may be stored, and takes the same again for the same', async () => {
    const [ada, eve] = [
      await system.room(cut, 'h-ada', { clanId: 'h' }),
      await system.room(cut, 'h-eve', { clanId: 'h' }),
    ];
    const watching = await system.room(steady, 'h-watching', { clanId: 'h' });
    const [bob, carol] = [await system.direct(cut, 41), await system.direct(steady, 42)];
    bob.send('create_chat', { receiver_id: 42 });
    const { id: chat_id } = (await bob.next()).data as { id: number };
    bob.send('create_message', { chat_id, receiver_id: 42, message: 'before' });
    await Promise.all([bob.next(), carol.next()]);
    const direct = { chat_id, receiver_id: 42, message: 'once' };
    // How slow a room is is read before its first message.
    ada.send('clanMessage', { content: 'before' });
    await Promise.all([ada.next(), eve.next(), watching.next()]);

    proxy.hold();
    const took = stopwatch();
    ada.send('clanMessage', { content: 'once' });
    eve.send('clanMessage', { content: 'once, with an id' }, 'e1');
    bob.send('create_message', direct);
    for (const content of ['2', '3', '4']) ada.send('clanMessage', { content });
    const first = await Promise.all([ada.next(7_000), eve.next(7_000), bob.next(7_000)]);
    const queued = await ada.take(3);
    expect(took()).toBeLessThan(5_000);
    proxy.release();
    expect(first).toEqual([
      { error: UNKNOWN.message },
      { event: 'nack', id: 'e1', data: { code: 'unknown', message: UNKNOWN.message, retryable: true } },
      expect.objectContaining({ event: 'exception' }),
    ]);
    expect(first[2].data).toMatchObject({ code: 'unknown', message: UNKNOWN.message });
    expect(queued).toEqual(Array<object>(3).fill({ error: UNAVAILABLE.message }));

    await until('it is back', () => cut.hub.barrier.state === 'open');
    ada.send('clanMessage', { content: 'once' });
    eve.send('clanMessage', { content: 'once, with an id' }, 'e1');
    bob.send('create_message', direct);
    // Settled by then, the same words are said once more.
    ada.send('clanMessage', { content: 'once' });
    bob.send('create_message', direct);
    ada.send('clanMessage', { content: 'over' });
    const told = (await watching.take(4)).map(({ message }) => String(message?.['content']));
    expect(told.toSorted()).toEqual(['once', 'once', 'once, with an id', 'over']);
    expect((await carol.take(2)).map(({ data }) => data)).toMatchObject([{ n: 2 }, { n: 3 }]);
    expect([...(await carol.quiet(200)), ...(await watching.quiet(0))]).toEqual([]);
  });
});
