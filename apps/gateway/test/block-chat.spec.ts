import { BlockChat, BlockChatHandler } from '../src/commands/block-chat.js';
import { Blocks } from '../src/commands/blocks.js';
import { describe, expect, it, jest } from '@jest/globals';
import { DirectChats } from '#event-store';
import { outcomeOf, settled } from './caller-in-memory.js';
import { settle } from './chat-in-memory.js';
import { askAnew, bob, chat, types } from './asked-chat.js';

askAnew();

describe('a block', () => {
  const block = (blocks: Blocks, isBlocked = true, by = bob, clientId?: string, chatId = 1) => {
    const handler = new BlockChatHandler(chat.log, new DirectChats(chat.log), blocks, chat.served);
    return outcomeOf(handler.execute(new BlockChat(by, chatId, isBlocked, clientId)));
  };

  it('in a chat of others, or in none, is refused', async () => {
    chat.open('1', '3');
    for (const chatId of [1, 99]) {
      expect((await settled(block(new Blocks(chat.log), true, bob, undefined, chatId))).value).toEqual({
        refusal: { code: 'not_found', message: 'no such chat', field: 'chat_id' },
      });
    }
    expect(types()).toEqual(['ChatCreated']);
  });

  it('is answered once the caller finds it in the list of theirs, and told to the other gateways at once', async () => {
    chat.open('1', '2');
    await chat.timeline.run();
    const blocks = new Blocks(chat.log);
    const tell = jest.spyOn(chat.log.live, 'signal');
    for (const isBlocked of [true, false]) {
      const blocking = block(blocks, isBlocked);
      await settle(100);
      expect([blocking, tell.mock.calls.length]).toEqual([{}, isBlocked ? 1 : 2]);
      await chat.timeline.run();
      await settle(100);
      expect(blocking.value).toEqual({ ack: { chat_id: 1 } });
    }
  });

  it('that is so already is told again, since whoever made it so may not have come to that', async () => {
    chat.open('1', '2');
    void block(new Blocks(chat.log));
    await settle();
    await chat.timeline.run();
    await settle(100);
    const tell = jest.spyOn(chat.log.live, 'signal');
    expect((await settled(block(new Blocks(chat.log)))).value).toEqual({ ack: { chat_id: 1 } });
    expect([types(), tell.mock.calls.length]).toEqual([['ChatCreated', 'PersonBlocked'], 1]);
  });

  it('that comes once more, when it is over already, tells what is so by now', async () => {
    chat.open('1', '2');
    await chat.timeline.run();
    const blocks = new Blocks(chat.log);
    for (const [isBlocked, id] of [
      [true, 'b-1'],
      [false, 'b-2'],
    ] as const) {
      void block(blocks, isBlocked, bob, id);
      await settle(100);
      await chat.timeline.run();
      await settle(100);
    }
    const tell = jest.spyOn(chat.log.live, 'signal');
    const again = block(blocks, true, bob, 'b-1');
    await settle(100);
    expect(again.value).toEqual({ ack: { chat_id: 1 } });
    expect(types()).toEqual(['ChatCreated', 'PersonBlocked', 'PersonUnblocked']);
    expect(tell.mock.calls.map(([, text]) => (JSON.parse(text) as { blockers: string[] }).blockers)).toEqual([[]]);
  });
});
