import { type Static, Type } from '@sinclair/typebox';
import { type FrameOf, nullable, oneOf, serverFrame, shape, whole } from './shape.js';

// How a client goes on in its rooms after a reconnect, the same on both endpoints.

/** A place within a room: `n` counts its messages, `rev` its changes. */
export const RoomPosition = shape({ n: whole(), rev: whole() });
export type RoomPosition = Static<typeof RoomPosition>;

/** Up to where a client knows a room; in a clan it may say of which. A client that knows nothing of it yet says null. */
export interface KnownPosition extends RoomPosition {
  readonly clan_id?: string;
}

const Resumable = shape(
  { from: nullable(RoomPosition), to: RoomPosition, recovered: Type.Boolean() },
  {
    description:
      'Where it is recovered, everything up to `to` was told just now or before; else nothing of it: read the history. ' +
      'What comes after `to` is told as it happens.',
  },
);

const NotTheirs = shape(
  { recovered: Type.Literal(false), code: oneOf('not_found') },
  { description: 'There is no such room, or it is not theirs.' },
);

/** What became of one room of a resume. */
export type ResumedRoom = Static<typeof Resumable> | Static<typeof NotTheirs>;

export const Resumed = serverFrame({
  name: 'resumed',
  summary: 'What became of each room of a `resume`, by the names that it gave. It comes behind all that was missed.',
  payload: shape({
    event: oneOf('resumed'),
    data: shape({
      rooms: Type.Unsafe<Readonly<Record<string, ResumedRoom>>>({
        type: 'object',
        additionalProperties: { oneOf: [Resumable, NotTheirs] },
      }),
      log: Type.Optional(
        Type.String({
          description:
            'Which log positions are of, where it was ever restored from a backup: say it in each `resume`. Those of ' +
            'another log, or of none said, are not recovered.',
        }),
      ),
    }),
  }),
  // Those of each endpoint, whose rooms have other names, stand there.
  examples: [],
});
export type ResumedView = FrameOf<typeof Resumed>['data'];

/**
 * What a frame carries beside a message where the message's own `n` and `rev` do not say up to where everything of its
 * room was told.
 */
export const positionBeside = (message: RoomPosition, told: RoomPosition): { readonly position?: RoomPosition } =>
  message.n === told.n && message.rev === told.rev ? {} : { position: { n: told.n, rev: told.rev } };

/** The same in the shape of such a frame. */
export const beside = {
  position: Type.Optional({
    ...RoomPosition,
    description: 'Up to where everything of the room was told, where `n` and `rev` of the message do not say it.',
  }),
};
