import { type ChatEndpoint, roomEndpoint } from '#protocol';
import type { ChatClient, Received } from './chat-client.js';
import type { ChatUnderTest } from './chat-under-test.js';
import { until } from './until.js';

/** What came of it. */
export interface Played {
  readonly frames: readonly Received[];
  /** Answers to examples that say that these were not carried out. */
  readonly refusals: readonly Received[];
  /** The chat that was opened. */
  readonly chatId: number;
}

/** The chat of all examples. */
export const CHAT_OF_EXAMPLES = 9;

const settling = /^settled/;

/** Sends what is refused, behind everything else: resolves once the answer is there. */
async function settled(client: ChatClient, id: string): Promise<void> {
  client.send('nothing of this name', {}, id);
  await until('all is answered', () => client.frames.some((frame) => frame['id'] === id));
}

const isRefusal = ({ event, error, id }: Received): boolean =>
  event === 'exception' || error !== undefined || (event === 'nack' && !settling.test(String(id)));

/** What the other side of `byBob` is told beside messages, by the frame that makes it. */
const softly: Readonly<Record<string, string>> = { subscribe: 'presence', typing: 'typing', seen_message: 'seen' };

const isMessage = ({ event }: Received): boolean =>
  ['newMessage', 'newReaction', 'response_message'].includes(event ?? '');

/** What Bob sends, since Ada is the other side; she sends all else, and he comes back to resume. */
const byBob: ReadonlySet<string> = new Set([
  ...['clanMessage', 'clanMessageEdit', 'clanMessageDelete'],
  ...['get_chats', 'seen_message', 'typing', 'chat_messages'],
]);

/** What is no example, and refused: by Eve, who is in no clan and has no chat. */
const wrong: readonly (readonly [event: string, data: object, id?: string])[] = [
  ['shout', {}, 'c-18'],
  ['globalMessage', {}],
  ['globalMessageReaction', { message_id: '68595f4f1f2f6a2d3c1b0a99', emoji: '👍' }],
  ['chat_messages', { chat_id: 999_999 }],
];

/** Three people send a gateway of one endpoint every example that it has of what it takes, in their order, and some faults. */
export async function playExamples(system: ChatUnderTest, { path, takes }: ChatEndpoint): Promise<Played> {
  const gateway = await system.startGateway();
  const enter = (userId: number, more: object) =>
    path === roomEndpoint.path ? system.room(gateway, userId, more) : system.direct(gateway, userId, more);
  const moderator = { role: 'moderator', moderates: 'global' };
  const ada = await enter(7, { name: 'Ada', avatar: { hat: 'red' }, clanId: '3', ...moderator });
  const bob = await enter(8, { name: 'Bob', clanId: '3' });
  const eve = await enter(9, { name: 'Eve' });
  const clients = new Set([ada, bob, eve]);
  let chatId = 0;
  const refusals: Received[] = [];
  for (const { event, examples } of takes) {
    for (const [index, { id, data }] of examples.entries()) {
      const client = event === 'resume' ? await enter(8, {}) : byBob.has(event) ? bob : ada;
      clients.add(client);
      const before = client.frames.length;
      const adaBefore = ada.frames.length;
      const room = event.startsWith('clan') ? 'clan' : 'global';
      const inChat = client.frames.find((frame) => frame.event === 'response_message')?.data as
        { id: string } | undefined;
      const inRoom = client.frames.find(({ chat, message }) => chat === room && message)?.message;
      const messageId = inRoom?.['_id'] ?? inChat?.id;
      const real: Record<string, unknown> = { message_id: messageId, reply_to: messageId, chat_id: chatId };
      const text = JSON.stringify({ data }).replace(`direct:${CHAT_OF_EXAMPLES}"`, `direct:${chatId}"`);
      const known = JSON.parse(text, (name, value: unknown) => real[name] ?? value) as { data?: object };
      client.send(event, known.data, id);
      await settled(client, `settled ${event} ${index}`);
      refusals.push(...client.frames.slice(before).filter(isRefusal));
      // A message comes to everybody once it can be read.
      const isTold = () => client.frames.slice(before).some(isMessage);
      if (/^create_message$|Message(Reaction)?$/.test(event)) await until('it is told', isTold);
      const isChanged = () =>
        ada.frames.slice(adaBefore).some((frame) => /^message_?changed$/i.test(frame.event ?? ''));
      if (/edit|delete/i.test(event)) await until('the change is told', isChanged);
      const told = softly[event];
      if (told) await until(`Ada is told of ${told}`, () => ada.frames.some((frame) => frame.event === told));
      const created = client.frames.find((frame) => frame.event === 'chat_created');
      if (created) chatId = (created.data as { id: number }).id;
    }
  }
  for (const [event, data, id] of wrong) eve.send(event, data, id);
  eve.sendRaw('nonsense');
  await settled(eve, 'settled');
  for (const client of clients) if (client !== ada && client !== eve) void client.close();
  const isGone = ({ event, data, offline }: Received) =>
    event === 'presence' && ((offline ?? (data as { offline: unknown[] }).offline) as unknown[]).length > 0;
  await until('Ada is told that Bob has gone', () => ada.frames.some(isGone));
  return { frames: [...clients].flatMap(({ frames }) => frames), refusals, chatId };
}
