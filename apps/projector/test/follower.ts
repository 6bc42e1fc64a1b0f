import { isDeepStrictEqual } from 'node:util';
import { type Room, roomIds, roomKind } from '#domain';
import { type Change, decodeUpdate, type MessageDocument, type Position, ServedTimeline } from '#projections';
import { type SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { FollowedTimeline } from '../../gateway/src/feeds/followed-timeline.js';
import { RoomCursor } from '../../gateway/src/feeds/room-cursor.js';

const MAX_CHANGES = 1_000_000;

/**
 * Somebody who follows a room's live updates as a gateway does, from where it stands when they come, and from version to
 * version of the timeline. They may come while it is behind the log: what is old is no news to them by its number.
 */
export class Follower {
  readonly told: Change[] = [];
  private lostTrack = 0;

  private constructor(
    readonly room: Room,
    private readonly timeline: FollowedTimeline,
    private readonly from: Position,
  ) {}

  /** @param onTold is called for each change, as soon as a client could be told of it */
  static async start(
    { log, readModels }: Pick<SystemUnderTest, 'log' | 'readModels'>,
    room: Room,
    onTold: (change: Change) => void = () => undefined,
  ): Promise<Follower> {
    const cursor = new RoomCursor(room, {
      changed: (changes) => {
        follower.told.push(...changes);
        changes.forEach(onTold);
      },
      lostTrack: () => follower.lostTrack++,
    });
    const accept = (text: string) => {
      const update = decodeUpdate(text);
      if (update?.type === 'room' && update.room === room) cursor.accept(update);
    };
    if (roomKind(room) === 'direct') log.live.subscribeToUser(roomIds(room)[0]!, accept);
    else log.live.subscribeToRoom(room, accept);
    await log.live.flush();
    const followed = new FollowedTimeline(new ServedTimeline(readModels), () => Promise.resolve(true), {
      moved: (to) => cursor.move(to),
      ended: () => undefined,
    });
    followed.start();
    await until('the timeline is followed', () => followed.hindrance === null);
    const timeline = followed.current;
    const from = await timeline.queries.position(room);
    const follower = new Follower(room, followed, from);
    cursor.start(timeline, from);
    return follower;
  }

  /** The number of the last message that it was told. */
  get lastN(): number {
    return this.told.findLast(({ kind }) => kind === 'message')?.message.n ?? this.from.n;
  }

  stop(): void {
    this.timeline.stop();
  }

  async hasAll(): Promise<boolean> {
    const { queries } = this.timeline.current;
    return (this.told.at(-1)?.rev ?? this.from.rev) === (await queries.position(this.room)).rev;
  }

  /** Which room it follows, up to where it was told, and where that room stands. */
  async standing(): Promise<string> {
    const { queries } = this.timeline.current;
    const is = await queries.position(this.room);
    return `${this.room} was told up to ${this.told.at(-1)?.rev} of ${is.rev}, lost track ${this.lostTrack} times`;
  }

  /**
   * How what it was told differs from what the read model has: each change once, in order and without holes, and each
   * message, as it was told of last, as it is.
   */
  async faults(): Promise<string[]> {
    const { room, told, from } = this;
    const { queries } = this.timeline.current;
    const run = await queries.changesSince(room, from, MAX_CHANGES);
    if (!run?.isWhole) return [`${room}: the read model has a hole behind change ${from.rev}`];
    const stored = run.changes;
    const faults = this.lostTrack > 0 ? [`${room}: it lost track`] : [];
    for (let i = 0; i < Math.max(stored.length, told.length); i++) {
      const [should, is] = [nameOf(stored[i]), nameOf(told[i])];
      if (should !== is) faults.push(`${room}: told of ${is} instead of ${should}`);
    }
    // By whom it is found when somebody is erased is not told, but read where something was missed.
    const shown = (change: Change) => {
      const { people: _, ...message } = change.message as MessageDocument;
      return message;
    };
    const lastTold = new Map(told.map((change) => [change.message._id, shown(change)]));
    for (const change of stored) {
      const message = shown(change);
      if (isDeepStrictEqual(lastTold.get(message._id), message)) continue;
      faults.push(`${room}: message ${message.n} is not as it was told of last`);
    }
    return faults;
  }
}

const nameOf = (change: Change | undefined): string =>
  change ? `change ${change.rev} (${change.kind} ${change.message.n})` : 'nothing';
