import { isText } from '#domain';
import type { Fault } from './fault.js';
import { textSchema } from './text-rules.js';

/** A frame of a client: what it wants, with what, and the id it gave it. */
export interface Frame {
  readonly event: string;
  /** As JSON gave it: not yet looked at. */
  readonly data: unknown;
  /** At most 64 characters: makes a frame sent twice the same command, and is answered by an ack or a nack. */
  readonly id?: string;
  /** The trace that it is a part of, as it was given: what is none is ignored. */
  readonly traceparent?: string;
}

/** What is wrong with a frame, and the id it gave all the same. */
export interface BadFrame {
  readonly fault: Fault;
  readonly id?: string;
}

export const MAX_FRAME_ID_LENGTH = 64;

/** What {@link readFrame} takes as an `id`, as JSON Schema. */
export const frameIdSchema = {
  ...textSchema(MAX_FRAME_ID_LENGTH),
  type: ['string', 'null'],
  minLength: 1,
  description:
    'Where it is given, the frame is answered by one `ack` or `nack`. A message sent again with it is the same.',
};

/** The `traceparent` of a frame, as JSON Schema: of what does not fit nothing comes, and no error. */
export const traceparentSchema = {
  description:
    'The trace that the frame is a part of, as W3C Trace Context has it: what is none is ignored. It is taken up where ' +
    'the server traces.',
  examples: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether a JSON text nests its arrays and objects deeper than `max`. Asked before the text is parsed: whoever walks
 * what deep nesting parses to, `JSON.stringify` for one, ends the process by overflowing its stack.
 */
export function isDeeperThan(json: Uint8Array, max: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]!;
    if (quoted) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) {
      quoted = true;
    } else if ((byte | 0x20) === 0x7b) {
      // { and [ differ in one bit, and so do } and ].
      if (++depth > max) return true;
    } else if ((byte | 0x20) === 0x7d) {
      depth--;
    }
  }
  return false;
}

/**
 * Reads a text frame: `{"event": string, "data"?: any, "id"?: string, "traceparent"?: string}`. Other fields are let be.
 * @param text UTF-8, already checked to be that
 */
export function readFrame(text: Buffer, maxDepth: number): { frame: Frame } | BadFrame {
  if (isDeeperThan(text, maxDepth)) {
    return { fault: { code: 'too_deep', message: `a frame may be nested ${maxDepth} deep at most` } };
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.toString('utf8'));
  } catch {
    return { fault: { code: 'not_json', message: 'a frame must be JSON' } };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { fault: { code: 'not_json', message: 'a frame must be a JSON object {"event", "data"}' } };
  }
  const { event, data, id, traceparent } = parsed as Record<string, unknown>;
  const hasId = id !== undefined && id !== null;
  if (hasId && (!isText(id, MAX_FRAME_ID_LENGTH) || id === '')) {
    const message = `id must be a string of 1 to ${MAX_FRAME_ID_LENGTH} characters`;
    return { fault: { code: 'invalid', field: 'id', value: id, message } };
  }
  const given = hasId ? { id } : {};
  if (typeof event !== 'string') {
    const code = event === undefined ? 'required' : 'invalid';
    return { fault: { code, field: 'event', value: event, message: 'event must be a string' }, ...given };
  }
  if (typeof traceparent === 'string') return { frame: { event, data, ...given, traceparent } };
  return { frame: { event, data, ...given } };
}
