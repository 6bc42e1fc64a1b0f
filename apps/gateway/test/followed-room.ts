import { clanRoom } from '#domain';
import { decodeUpdate, type Position, type RoomUpdate } from '#projections';
import { RoomCursor } from '../src/feeds/room-cursor.js';
import { ChatInMemory } from './chat-in-memory.js';
import type { SteppedFold } from './stepped-fold.js';

/** A cursor on a room of a chat in memory: what it told, and the updates that a test hands it, each when it likes. */
export class FollowedRoom {
  readonly room = clanRoom('7');
  /** The contents of the messages, in pieces as they were told; a reaction as `<content> <emoji>`. */
  readonly pieces: string[][] = [];
  lost = 0;
  readonly cursor = new RoomCursor(this.room, {
    changed: (changes) => {
      this.pieces.push(
        changes.map(({ kind, message }) =>
          kind === 'message'
            ? message.content
            : `${message.content} ${message.reactions.map(({ emoji }) => emoji).join()}`,
        ),
      );
    },
    lostTrack: () => {
      this.lost++;
    },
  });

  private constructor(readonly chat: ChatInMemory) {}

  static async begin(): Promise<FollowedRoom> {
    return new FollowedRoom(await ChatInMemory.start());
  }

  get told(): string[] {
    return this.pieces.flat();
  }

  get gates() {
    return this.chat.gates;
  }

  /** Says so many things, `1`, `2` … in the order of the room; they are folded and there to be read. */
  async saying(...contents: string[]): Promise<RoomUpdate[]> {
    for (const content of contents) this.chat.say(this.room, content, '1');
    return this.written(this.chat.timeline);
  }

  /** The updates of what a version folds now, one for each change. */
  async written(fold: SteppedFold<never> | ChatInMemory['timeline']): Promise<RoomUpdate[]> {
    fold.fold();
    await fold.write();
    return fold.untold().flatMap(({ text }) => eachOf(decodeUpdate(text) as RoomUpdate));
  }

  async start(at: Partial<Position> = {}, behind = false): Promise<void> {
    const pinned = this.chat.pinned(1);
    this.cursor.start(pinned, { ...(await pinned.queries.position(this.room)), ...at }, behind);
  }
}

/** The changes of an update, each told by itself. */
export const eachOf = (update: RoomUpdate): RoomUpdate[] =>
  update.changes.map((change) => ({ ...update, from: change.rev - 1, to: change.rev, changes: [change] }));
