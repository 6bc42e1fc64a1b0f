import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Static, Type } from '@sinclair/typebox';
import { roomKind, roomMeant } from '#domain';
import { EventLog } from '#event-store';
import { httpFault, invalid, notFound } from '#platform';
import {
  knownSeq,
  NothingThere,
  refuseIfNothing,
  RoomFold,
  type RoomStep,
  RoomTooLong,
  roomThenView,
  type RoomThenView,
} from '#projections';
import { listOf, named, nullable, shape, text, time, whole } from '#protocol';
import { LogPlace, NumberText, placeOf, RoomName } from '../input.js';

// A room as it was, by the fold of the timeline.

/** A room in memory takes some KB for each of its events. */
const EVENTS_AT_MOST = 100_000;

/** Messages looked at, times steps: some tenths of a second. */
const LOOKS_AT_MOST = 200_000;

const LAST = 1_000;

export class RoomThenParameters {
  @RoomName({ description: 'As the log names it: `global`, `clan:<id>` or `direct:<id>:<id>`.' })
  room!: string;

  @LogPlace({ description: 'A sequence of the log, or a time: then.' })
  when!: string;

  @NumberText(1, 10_000, { default: LAST, description: 'How many messages, of the last.' })
  last?: string;

  @NumberText(1, 1_000, {
    optional: true,
    description: `With it come so many events from then on, and what each led to; with \`last\` multiplied, no more than ${LOOKS_AT_MOST}.`,
  })
  steps?: string;
}

const chat = () =>
  nullable(
    shape({
      seen: listOf(shape({ userId: text(), n: whole('Up to which message they have seen it; 0 for none.') })),
      blockers: listOf(text('Who blocks the other.')),
    }),
  );

export const MessageThen = named(
  'MessageThen',
  shape({
    n: whole('Its number in its room, from 1 and without holes.'),
    rev: whole('The number of its last change in the room.'),
    messageId: text(),
    at: time(),
    sender: shape({ id: text(), name: nullable(text()), avatar: nullable(text('JSON text of an object.')) }),
    content: nullable(text('Empty where it was deleted.')),
    feeling: nullable(text()),
    replyTo: nullable(text('The id of a message.')),
    reactions: listOf(shape({ userId: text(), userName: nullable(text()), emoji: text() })),
    editedAt: nullable(time()),
    deleted: Type.Boolean(),
    erased: Type.Optional(Type.Literal(true)),
    sealed: Type.Optional(Type.Literal(true)),
  }),
);

export const RoomAsItWas = named(
  'RoomAsItWas',
  shape({
    room: text('As the log names it.'),
    seq: whole('Its last event until then.'),
    at: nullable(time()),
    messages: listOf(MessageThen.ref),
    changes: listOf(
      shape({
        seq: whole('The event.'),
        at: time(),
        type: Type.Union([Type.Literal('edited'), Type.Literal('deleted')]),
        userId: nullable(text('Who did it.')),
        n: whole('Of the message.'),
        messageId: text(),
        before: nullable(text()),
        after: nullable(text()),
      }),
    ),
    chat: chat(),
    unfoldable: listOf(shape({ seq: whole('The event.'), reason: text('Why it is left out.') })),
    steps: Type.Optional(
      listOf(
        shape({
          seq: whole('An event of the room after that.'),
          at: time(),
          type: text('Of the event.'),
          messages: listOf(MessageThen.ref),
          chat: chat(),
        }),
      ),
    ),
  }),
);
export type RoomAsItWas = Static<typeof RoomAsItWas.ref>;

interface RoomThenAnswer extends RoomThenView {
  readonly steps?: readonly RoomStep[];
}

export class ReadRoomThen extends Query<RoomThenAnswer> {
  constructor(
    readonly asked: RoomThenParameters,
    /** Ends it: its reason is thrown. */
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(ReadRoomThen)
export class ReadRoomThenHandler implements IQueryHandler<ReadRoomThen> {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  async execute({ asked, signal }: ReadRoomThen): Promise<RoomThenAnswer> {
    const room = roomMeant(asked.room)!;
    if (['user', 'partition'].includes(roomKind(room))) {
      throw invalid([httpFault('VALIDATION', 'nobody says anything in this room', 'room', asked.room)]);
    }
    if (Number(asked.last ?? LAST) * Number(asked.steps ?? 0) > LOOKS_AT_MOST) {
      const message = `last times steps must not be more than ${LOOKS_AT_MOST}`;
      throw invalid([httpFault('VALIDATION', message, 'steps', asked.steps)]);
    }
    try {
      return await this.folded(room, asked, signal);
    } catch (error) {
      if (error instanceof NothingThere) throw notFound('when', asked.when, error.message);
      if (error instanceof RoomTooLong) throw invalid([httpFault('VALIDATION', error.message, 'room', asked.room)]);
      throw error;
    }
  }

  private async folded(
    room: NonNullable<ReturnType<typeof roomMeant>>,
    { when, last, steps }: RoomThenParameters,
    signal: AbortSignal,
  ): Promise<RoomThenAnswer> {
    const messages = Number(last ?? LAST);
    const fold = await RoomFold.start(this.log, room, { atMost: EVENTS_AT_MOST, signal });
    await fold.to(await knownSeq(this.log, placeOf(when)));
    const then = await fold.room(messages);
    await refuseIfNothing(then, this.log);
    const view = roomThenView(then);
    if (steps === undefined) return view;
    const following: RoomStep[] = [];
    for await (const step of fold.steps(messages)) {
      following.push(step);
      if (following.length === Number(steps)) break;
    }
    return { ...view, steps: following };
  }
}
