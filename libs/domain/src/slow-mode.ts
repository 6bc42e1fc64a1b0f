import { Type } from '@sinclair/typebox';
import { type Decision, decided, refused, type Refused } from './decision.js';
import { type CommandContext, defineEvent, eventFields, type EventOf, idOf } from './event.js';
import type { Room } from './ids.js';

// How often each person may speak in a room. The last `mode` event of a room is the whole state.

/** A day. */
export const MAX_SLOW_SECONDS = 86_400;

export const SlowModeChangedV1 = defineEvent(
  'SlowModeChanged',
  1,
  'mode',
  Type.Object(
    {
      ...eventFields,
      seconds: Type.Integer({
        minimum: 0,
        description: 'One message of each person in so many seconds; 0 for no limit.',
      }),
      by: idOf("Who decided it: a moderator, or the id in the application's own token."),
    },
    { additionalProperties: false, description: 'How often each person may speak in a room from then on.' },
  ),
);
export type SlowModeChanged = EventOf<typeof SlowModeChangedV1>;

/** Seconds between two messages of a person; 0 for no limit. */
export type SlowModeState = number;

export const evolveSlowMode = (_: SlowModeState, event: SlowModeChanged): SlowModeState => event.seconds;

export interface ChangeSlowMode extends CommandContext {
  readonly room: Room;
  readonly seconds: number;
  readonly by: string;
}

export function changeSlowMode(command: ChangeSlowMode, state: SlowModeState): Decision<SlowModeChanged> {
  const { key, at, room, seconds, by } = command;
  if (state === seconds) return decided<SlowModeChanged>(null);
  return decided<SlowModeChanged>({ type: 'SlowModeChanged', room, id: `mode.${key}`, at, seconds, by });
}

/** What a room's slow mode is to one person at one moment. */
export interface SlowMode {
  readonly seconds: SlowModeState;
  /** How long ago another message of theirs was said here, in milliseconds; null for longer than anybody remembers. */
  readonly sinceLastMs: number | null;
}

/** Why somebody may not speak yet, or null. */
export function refusedIfTooSoon({ seconds, sinceLastMs }: SlowMode): Refused | null {
  const waitMs = sinceLastMs === null ? 0 : seconds * 1_000 - sinceLastMs;
  if (waitMs <= 0) return null;
  const retryAfter = Math.ceil(waitMs / 1_000);
  const { refusal } = refused('slow_mode', `one message in ${seconds} s here: try again in ${retryAfter} s`);
  return { refusal: { ...refusal, retryAfter } };
}
