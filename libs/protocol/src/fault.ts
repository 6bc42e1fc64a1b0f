import { Type } from '@sinclair/typebox';

/** What can be wrong with a frame, or with what it asks for. The code is what the direct API shows, and every nack. */
const codes = {
  not_json: 'it is no JSON object',
  binary: 'it is not text',
  too_deep: 'it is nested too deep',
  unknown_event: 'there is no such event at this endpoint',
  required: 'a field is missing',
  invalid: 'a field is not what it must be',
  not_found: 'there is no such message or chat, or it is none of theirs',
  no_clan: 'they are in no clan',
  not_yours: 'the message is somebody else’s',
  too_late: 'a message is edited for a while only',
  deleted: 'the message was deleted',
  muted: 'they may not speak in this room for a while: `until` says how long',
  banned: 'they are banned from this room',
  slow_mode: 'certainly not done, since each may speak once in a while here: it may be sent again after `retry_after`',
  blocked: 'the other side of the chat takes no messages of theirs',
  filtered: 'the text has what is not said here',
  forbidden: 'they do not moderate this room',
  wrong_receiver: 'the receiver is not the other side of this chat',
  same_person: 'the receiver is the sender',
  too_many: 'certainly not done, since they ask for more than they may: it may be sent again after a while',
  unavailable: 'certainly not done, for no fault of the frame: it may be sent again',
  unknown: 'it may have been done or not: the same frame again settles it',
  internal: 'a fault of the server’s',
};
export type FaultCode = keyof typeof codes;

const said = Object.entries(codes).map(([code, when]) => `\`${code}\`: ${when}`);

export const faultCode = Type.Unsafe<FaultCode>({
  type: 'string',
  enum: Object.keys(codes),
  description: `${said.join('; ')}.`,
});

export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  /** The field of the frame that is at fault, where there is one, and what it held. */
  readonly field?: string;
  readonly value?: unknown;
  /** After so many seconds it is worth another try. */
  readonly retryAfter?: number;
  /** When it ends, ISO 8601. */
  readonly until?: string;
}

/** Faults are values; this carries one through code that knows only exceptions, such as a pipe of the framework. */
export class FrameRefused extends Error {
  override readonly name = 'FrameRefused';
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

export const UNAVAILABLE: Fault = {
  code: 'unavailable',
  message: 'the service is not available for a moment: nothing was stored, try again',
};

/** @param retryAfter in seconds */
export const tooMany = (retryAfter: number): Fault => ({
  code: 'too_many',
  message: `you ask for more than you may: nothing was stored, try again in ${retryAfter} s`,
  retryAfter,
});

/** A client without ids is known by its connection and its words, and for half a minute only. */
export const UNKNOWN: Fault = {
  code: 'unknown',
  message:
    'no answer in time: this may be stored. Send the same again, by its id or within 30 s, and it is stored once',
};

/** An error of ours: what happened stands in the log, never on the wire. */
export const INTERNAL: Fault = { code: 'internal', message: 'internal error' };

const MAX_ECHO = 100;

/**
 * What may be shown of a value that a client sent: numbers, booleans and the first 100 characters of a text. Nothing
 * nested, which could be of any size and depth.
 */
export function echo(value: unknown): string | number | boolean | null {
  if (typeof value === 'string') {
    return Array.from(value.slice(0, 2 * MAX_ECHO))
      .slice(0, MAX_ECHO)
      .join('')
      .toWellFormed();
  }
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
