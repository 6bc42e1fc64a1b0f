import { Ajv, type ValidateFunction } from 'ajv';
import { ChangedMessageView, ChatListEntryView, DirectMessageView, LastMessageOfChatView } from '../src/direct-chat.js';
import { type ChatEndpoint, directEndpoint, roomEndpoint } from '../src/endpoints.js';
import { RoomMessageView } from '../src/room-chat.js';
import type { ServerFrame } from '../src/shape.js';
import { isTime } from '../src/text-rules.js';

// What the endpoints send, as whoever has only the schemas of it would check it.

const named = [RoomMessageView, DirectMessageView, ChangedMessageView, ChatListEntryView, LastMessageOfChatView];
const ajv = new Ajv({ strict: false, formats: { 'date-time': isTime } });

/** The same schema, by which an object holds what it names and nothing else. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema ? { additionalProperties: false, ...inner } : inner;
}

const components = { schemas: closed(Object.fromEntries(named.map(({ name, definition }) => [name, definition]))) };

/** Whether something is such a frame, and nothing more. */
export const accepts = ({ payload }: ServerFrame): ValidateFunction =>
  ajv.compile({ ...(closed(payload) as object), components });

/** All that an endpoint sends. */
export const sentBy = ({ takes, tells, answersAny }: ChatEndpoint): readonly ServerFrame[] => [
  ...tells,
  ...takes.flatMap(({ answer }) => answer ?? []),
  ...answersAny,
];

/** Everything that is sent, each with the endpoint that sends it. */
export const sent = [roomEndpoint, directEndpoint].flatMap((endpoint) =>
  sentBy(endpoint).map((frame) => ({ path: endpoint.path, name: frame.name, frame, isFrame: accepts(frame) })),
);

/** Their schemas, and those that they refer to. */
export const shapes: readonly object[] = [
  ...sent.map(({ frame }) => frame.payload),
  ...named.map(({ definition }) => definition),
];
