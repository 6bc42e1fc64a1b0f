import type { Static, TSchema } from '@sinclair/typebox';

/** A frame that we send, defined once: its shape is the type in the code and what the AsyncAPI document says of it. */
export interface ServerFrame<T extends TSchema = TSchema> {
  /** Its `event`, where it has one. */
  readonly name: string;
  readonly summary: string;
  readonly payload: T;
  /** A test sees each of them come, with other ids and times. */
  readonly examples: readonly Static<T>[];
}

export const serverFrame = <T extends TSchema>(frame: ServerFrame<T>): ServerFrame<T> => frame;

/** What such a frame holds. */
export type FrameOf<F extends ServerFrame> = Static<F['payload']>;
