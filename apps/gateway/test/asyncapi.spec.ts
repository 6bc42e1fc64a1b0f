import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { type ChatEndpoint, directEndpoint, isEmojiOrEmpty, roomEndpoint } from '#protocol';
import { asyncApiDocument } from '../../query/src/asyncapi/document.js';
import { DirectChatGateway } from '../src/socket/direct-chat.gateway.js';
import { RoomChatGateway } from '../src/socket/room-chat.gateway.js';
import { ChatUnderTest, standOn } from './chat-under-test.js';
import { GroundInMemory } from './ground-in-memory.js';
import { CHAT_OF_EXAMPLES, type Played, playExamples } from './played-examples.js';

// The AsyncAPI document, and what a gateway takes and sends.

interface Named {
  readonly $ref: string;
}

interface Operation {
  readonly action: 'send' | 'receive';
  readonly channel: Named;
  readonly messages: readonly Named[];
  readonly reply?: { readonly messages: readonly Named[] };
}

interface Message {
  readonly payload: object;
  readonly examples: readonly { readonly payload: object }[];
}

const document = asyncApiDocument();
const nameOf = ({ $ref }: Named): string => $ref.split('/').at(-1)!;

/** A schema by which an object holds what is named and nothing else: of the document's, clients may be sent more one day. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema ? { additionalProperties: false, ...inner } : inner;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ajv = new Ajv({ strict: false, formats: { 'date-time': TIME, 'emoji-or-empty': isEmojiOrEmpty } });
const compile = ({ payload }: Message): ValidateFunction =>
  ajv.compile({ ...(closed(payload) as object), components: closed(document.components) });

/** A frame without what is another one each time. */
const comparable = (frame: unknown, chat: number): unknown =>
  JSON.parse(JSON.stringify(frame).replace(`direct:${chat}"`, 'direct:"'), (key, value: unknown) => {
    if (typeof value === 'string' && /^[0-9a-f]{24}$/.test(value)) return 'an id';
    if (typeof value === 'string' && TIME.test(value)) return 'a time';
    return value === chat && (key === 'id' || key === 'chat_id') ? 'the chat' : value;
  });

describe.each([
  ['roomChat', roomEndpoint, RoomChatGateway],
  ['directChat', directEndpoint, DirectChatGateway],
] as const)('%s', (name, endpoint: ChatEndpoint, gateway) => {
  const channel = document.channels[name]! as { messages: Record<string, Message> };
  const operations = (Object.values(document.operations) as Operation[]).filter((one) => nameOf(one.channel) === name);
  const messages = (action: Operation['action']) =>
    operations.filter((one) => one.action === action).flatMap((one) => one.messages.map(nameOf));
  const sent = [
    ...new Set([...messages('send'), ...operations.flatMap(({ reply }) => reply?.messages.map(nameOf) ?? [])]),
  ];

  it('says of every frame that the gateway takes, by the class that it is checked with, and of no other', () => {
    const prototype = gateway.prototype as unknown as Record<string, object>;
    const handlers = Object.getOwnPropertyNames(prototype).flatMap((method) => {
      const event = Reflect.getMetadata('message', prototype[method]!) as string | undefined;
      const types = Reflect.getMetadata('design:paramtypes', prototype, method) as unknown[];
      return event === undefined ? [] : [[event, types] as const];
    });
    expect(messages('receive').sort()).toEqual(handlers.map(([event]) => event).sort());
    for (const { event, data } of endpoint.takes) {
      if (data) expect(new Map(handlers).get(event)).toContain(data);
    }
    expect(Object.keys(channel.messages).sort()).toEqual([...messages('receive'), ...sent].sort());
  });

  describe('as a gateway has it', () => {
    let system: ChatUnderTest;
    let played: Played;
    let named: readonly { readonly frame: unknown; readonly names: readonly string[] }[];

    beforeAll(async () => {
      standOn(() => GroundInMemory.open());
      system = await ChatUnderTest.start();
      played = await playExamples(system, endpoint);
      const schemas = sent.map((message) => [message, compile(channel.messages[message]!)] as const);
      named = played.frames.map((frame) => ({
        frame,
        names: schemas.filter(([, accepts]) => accepts(frame)).map(([message]) => message),
      }));
    });
    afterAll(() => system.stop());

    it('each example of a frame that it takes is what the document says, and is carried out', () => {
      for (const message of messages('receive')) {
        const { examples, payload } = channel.messages[message]!;
        const accepts = compile({ examples, payload });
        expect(examples.filter((example) => !accepts(example.payload))).toEqual([]);
        expect(examples).not.toEqual([]);
      }
      expect(played.refusals).toEqual([]);
    });

    it('each frame that it sends is one that the document names, to the letter', () => {
      expect(named.filter(({ names }) => names.length !== 1)).toEqual([]);
    });

    it.each(sent)('%s comes, and so does each example of it', (message) => {
      const frames = named
        .filter(({ names }) => names.includes(message))
        .map(({ frame }) => comparable(frame, played.chatId));
      const { examples } = channel.messages[message]!;
      expect(examples).not.toEqual([]);
      for (const { payload } of examples) expect(frames).toContainEqual(comparable(payload, CHAT_OF_EXAMPLES));
    });
  });
});
