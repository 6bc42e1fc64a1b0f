import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ChatData } from '#protocol';
import { DirectChats } from '#event-store';
import { ChatMessages, ChatMessagesHandler, type ChatsOf, ChatsOfHandler } from '../src/commands/chat-lists.js';
import { DirectChatGateway } from '../src/socket/direct-chat.gateway.js';
import { Lists } from '../src/socket/lists.js';
import { Resume } from '../src/socket/resume.js';
import { Person } from '../src/feeds/person.js';
import { ChatInMemory } from './chat-in-memory.js';
import { sessionInMemory } from './session-in-memory.js';
import { settings } from './sessions-on-sockets.js';
import { Presence } from '../src/presence/presence.js';
import { Subscriptions } from '../src/socket/subscriptions.js';
import { Blocks } from '../src/commands/blocks.js';
import { Typing } from '../src/commands/typing.js';
import { Traffic } from '../src/traffic.js';

let chat: ChatInMemory;
let gateway: DirectChatGateway;
beforeEach(async () => {
  chat = await ChatInMemory.start();
  const messages = new ChatMessagesHandler(new DirectChats(chat.log), chat.served, settings);
  const chats = new ChatsOfHandler(chat.served, settings);
  const execute = (query: ChatMessages | ChatsOf) =>
    query instanceof ChatMessages ? messages.execute(query) : chats.execute(query);
  const lists = new Lists(settings);
  gateway = new DirectChatGateway(
    { execute } as unknown as CommandBus,
    { execute } as unknown as QueryBus,
    lists,
    new Resume({ person: () => null }, new DirectChats(chat.log), lists, settings, new Traffic(), chat.log),
    new Typing(chat.log, new DirectChats(chat.log), new Blocks(chat.log)),
    new Subscriptions({ person: () => null }, new Presence(chat.log, settings)),
  );
});
afterEach(() => {
  jest.restoreAllMocks();
});

it('a list whose chat is still asked for takes no turn from others', async () => {
  const { chatId } = chat.open('1', '2');
  await chat.timeline.run();
  const person = (id: string) => sessionInMemory({ person: new Person(id) });
  const data = Object.assign(new ChatData(), { chat_id: chatId });
  const waiting = await Promise.all(
    ['1', '2'].map(async (id) => {
      const asked = chat.log.connection.gates.hold('recordAt');
      const { session } = await person(id);
      return { asked, given: gateway.chatMessages(session, data) };
    }),
  );
  await Promise.all(waiting.map(({ asked }) => asked.arrived));
  const { session, client } = await person('3');
  await gateway.getChats(session);
  expect(await client.next()).toEqual({ event: 'updated_chat_list', data: [] });
  for (const { asked, given } of waiting) {
    asked.release();
    await given;
  }
});
