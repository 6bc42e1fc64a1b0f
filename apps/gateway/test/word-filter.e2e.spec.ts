import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, codeOf, heard } from './ask.js';
import { ChatUnderTest } from './chat-under-test.js';
import { until } from './until.js';

let system: ChatUnderTest;
beforeAll(async () => {
  system = await ChatUnderTest.start();
});
afterAll(() => system.stop());

describe('a word filter', () => {
  it('has its word in all that is said and edited, of rooms and of direct chats', async () => {
    const gateway = await system.startGateway({
      wordFilter: (text, { room, userId }) => {
        if (text.includes('throw')) throw new Error('for the test');
        if (text.includes('nothing')) return '   ';
        return text.includes('darn') ? null : text.replace('heck', `h*** (${room}, ${userId})`);
      },
    });
    const eve = await system.room(gateway, 701, { clanId: 'filtered' });
    const say = (content: string, event = 'clanMessage') => ask(eve, event, { content });
    expect(codeOf(await say('oh heck'))).toBe('ack');
    await until('it is told', () => heard(eve, 'oh h*** (clan:filtered, 701)'));
    for (const content of ['darn', 'throw', 'nothing']) {
      expect(await say(content, 'globalMessage')).toMatchObject({ data: { code: 'filtered', retryable: false } });
    }
    const messageId = eve.frames.find(({ message }) => message)!.message!['_id'];
    const edit = (content: string) => ask(eve, 'clanMessageEdit', { message_id: messageId, content });
    expect([codeOf(await edit('darn')), codeOf(await edit('fine'))]).toEqual(['filtered', 'ack']);
    const feel = (feeling: string) => ask(eve, 'clanMessage', { content: 'I feel', feeling });
    expect([codeOf(await feel('darn')), codeOf(await feel('fine')), codeOf(await feel(' '))]).toEqual([
      ...['filtered', 'ack', 'ack'],
    ]);
    eve.send('clanMessage', { content: 'I feel', feeling: 'darn' });
    await until('the error', () => eve.frames.some(({ error }) => error !== undefined));
    expect(eve.frames.find(({ error }) => error)).toMatchObject({
      error: [{ reason: 'VALIDATION', field: 'feeling', value: 'darn' }],
    });
    const direct = await system.direct(gateway, 701);
    const { data } = (await ask(direct, 'create_chat', { receiver_id: 702 })) as { data: { chat_id: number } };
    const tell = (message: string) => ask(direct, 'create_message', { ...data, receiver_id: 702, message });
    expect([codeOf(await tell('darn')), codeOf(await tell('heck'))]).toEqual(['filtered', 'ack']);
    direct.send('create_message', { ...data, receiver_id: 702, message: 'darn' });
    await until('the exception', () => direct.frames.some(({ event }) => event === 'exception'));
    expect(direct.frames.find(({ event }) => event === 'exception')!.data).toMatchObject({ code: 'filtered' });
  });
});
