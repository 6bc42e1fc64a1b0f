import { type Static, Type } from '@sinclair/typebox';
import { type Fault, type FaultCode, faultCode } from './fault.js';
import { type FrameOf, oneOf, serverFrame, shape, text, time, whole } from './shape.js';

// The one answer to a frame that carries an `id`, the same on both endpoints.

const AckData = shape(
  { message_id: Type.Optional(text('24 hex digits.')), chat_id: Type.Optional(whole()) },
  { description: 'The message or the chat that the frame made or concerned; of a list, nothing.' },
);
export type AckData = Static<typeof AckData>;

const id = text('That of the frame.');

export const Ack = serverFrame({
  name: 'ack',
  summary: 'The frame with this id was carried out. What it asked to be stored is in the log, and stays.',
  payload: shape({ event: oneOf('ack'), id, data: AckData }),
  examples: [{ event: 'ack', id: 'c-17', data: { message_id: '52ef810ed68809f400000008' } }],
});

export const Nack = serverFrame({
  name: 'nack',
  summary: 'The frame with this id was not carried out. It comes in the place of the endpoint’s own error frame.',
  payload: shape({
    event: oneOf('nack'),
    id,
    data: shape({
      code: faultCode,
      message: text('For people.'),
      retryable: Type.Boolean({ description: 'Whether the same frame, sent again with its id, may be carried out.' }),
      retry_after: Type.Optional(
        whole('Of `too_many` and `slow_mode`: the seconds after which it is worth another try.'),
      ),
      until: Type.Optional(time('Of `muted`: when they may speak again.')),
    }),
  }),
  examples: [
    { event: 'nack', id: 'c-18', data: { code: 'unknown_event', message: 'there is no such event', retryable: false } },
  ],
});

const retryable: ReadonlySet<FaultCode> = new Set(['too_many', 'slow_mode', 'unavailable', 'unknown']);

/** What the frame asked for is in the log, and stays: the same id again is answered by the same. */
export const ackFrame = (id: string, data: AckData): string =>
  JSON.stringify({ event: 'ack', id, data } satisfies FrameOf<typeof Ack>);

export const nackFrame = (id: string, { code, message, retryAfter, until }: Fault): string =>
  JSON.stringify({
    event: 'nack',
    id,
    data: {
      ...{ code, message, retryable: retryable.has(code) },
      ...(retryAfter !== undefined && { retry_after: retryAfter }),
      ...(until !== undefined && { until }),
    },
  } satisfies FrameOf<typeof Nack>);
