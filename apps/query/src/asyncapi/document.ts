import {
  type ChatEndpoint,
  ChatListEntryView,
  type ClientFrame,
  ChangedMessageView,
  DirectMessageView,
  directEndpoint,
  frameIdSchema,
  LastMessageOfChatView,
  payloadSchema,
  RoomMessageView,
  roomEndpoint,
  type ServerFrame,
  traceparentSchema,
} from '#protocol';
import { directWords, documentWords, roomWords, securitySchemes } from './words.js';

// The AsyncAPI document of the sockets. Nothing of a frame is said here: it is made of what the gateways check frames
// by and what they send.

const components = [RoomMessageView, DirectMessageView, ChangedMessageView, ChatListEntryView, LastMessageOfChatView];

/** Our shapes say null as OpenAPI 3.0 does; here they are plain JSON Schema. */
function jsonSchema(shape: unknown): unknown {
  if (Array.isArray(shape)) return shape.map(jsonSchema);
  if (typeof shape !== 'object' || shape === null) return shape;
  const { nullable, ...rest } = shape as { nullable?: boolean; type?: unknown };
  const schema = nullable ? { ...rest, type: [rest.type, 'null'] } : rest;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, jsonSchema(value)]));
}

const clientMessage = ({ event, summary, data, examples }: ClientFrame) => ({
  name: event,
  title: event,
  summary,
  payload: {
    type: 'object',
    properties: {
      event: { const: event },
      id: frameIdSchema,
      ...(data && { data: payloadSchema(data) }),
      traceparent: traceparentSchema,
    },
    required: data ? ['event', 'data'] : ['event'],
  },
  examples: examples.map((example) => ({ payload: { event, ...example } })),
});

const serverMessage = ({ name, summary, payload, examples }: ServerFrame) => ({
  name,
  title: name,
  summary,
  payload: jsonSchema(payload),
  examples: examples.map((example) => ({ payload: example })),
});

const answersOf = ({ takes }: ChatEndpoint): ServerFrame[] => takes.flatMap(({ answer }) => answer ?? []);

interface Channel {
  readonly name: string;
  readonly words: object;
  readonly endpoint: ChatEndpoint;
}

const channels: readonly Channel[] = [
  { name: 'roomChat', words: roomWords, endpoint: roomEndpoint },
  { name: 'directChat', words: directWords, endpoint: directEndpoint },
];

function channel({ words, endpoint }: Channel) {
  const { path, takes, tells, answersAny } = endpoint;
  const sent = new Map([...tells, ...answersOf(endpoint), ...answersAny].map((frame) => [frame.name, frame]));
  return {
    address: path,
    ...words,
    messages: Object.fromEntries([
      ...takes.map((frame) => [frame.event, clientMessage(frame)] as const),
      ...[...sent.values()].map((frame) => [frame.name, serverMessage(frame)] as const),
    ]),
  };
}

/** By the server's point of view, as AsyncAPI has it: it receives what clients send. */
function operations({ name, endpoint }: Channel) {
  const { takes, tells, answersAny } = endpoint;
  const $ref = `#/channels/${name}`;
  const messages = (names: readonly string[]) => names.map((message) => ({ $ref: `${$ref}/messages/${message}` }));
  const operation = (action: 'receive' | 'send', summary: string, event: string) => ({
    action,
    title: event,
    summary,
    channel: { $ref },
    messages: messages([event]),
  });
  return [
    ...takes.map(({ event, summary, answer }) => {
      const answers = [...(answer ? [answer] : []), ...answersAny].map((frame) => frame.name);
      const reply = { channel: { $ref }, messages: messages(answers) };
      return [`${name}.${event}`, { ...operation('receive', summary, event), reply }] as const;
    }),
    ...tells.map((frame) => [`${name}.${frame.name}`, operation('send', frame.summary, frame.name)] as const),
  ];
}

/** The document, of AsyncAPI 3. */
export const asyncApiDocument = () => ({
  asyncapi: '3.0.0',
  info: documentWords,
  defaultContentType: 'application/json',
  servers: {
    gateway: {
      host: '{host}',
      protocol: 'wss',
      description: 'Every gateway serves both endpoints; without TLS in front of it, by `ws`.',
      variables: { host: { default: 'localhost', description: 'Where Parley is served, with its port.' } },
      security: Object.keys(securitySchemes).map((scheme) => ({ $ref: `#/components/securitySchemes/${scheme}` })),
    },
  },
  channels: Object.fromEntries(channels.map((each) => [each.name, channel(each)])),
  operations: Object.fromEntries(channels.flatMap(operations)),
  components: {
    securitySchemes,
    schemas: Object.fromEntries(components.map(({ name, definition }) => [name, jsonSchema(definition)])),
  },
});
