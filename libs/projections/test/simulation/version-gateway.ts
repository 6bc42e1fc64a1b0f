import type { Room } from '#domain';
import { decodeUpdate, type MessageDocument, placeId, type RoomUpdate } from '../../src/index.js';
import type { FakeLog, Published } from './fake-log.js';
import type { FakeStore } from './fake-store.js';
import { changesOf, receiversOf, type RoomChanged } from './gateway.js';
import { rooms } from './records.js';
import type { Broken } from './rules.js';

/** What a {@link VersionGateway} is watched by. */
export interface Watcher {
  readonly fault: (fault: string) => void;
  /** Whether what was folded in this version was lost, so that nothing can be asked of it. */
  readonly isLost: (version: number) => boolean;
  /** Somebody is told of these, by an update or from the documents. */
  readonly told: (room: Room, changes: readonly RoomChanged[]) => void;
  /** How many changes of a room the fold of so much of the log has. */
  readonly changesUpTo: (room: Room, seq: number) => number;
  /** Up to which change a room was told of by those who count as present. */
  readonly firm: (room: Room) => number;
  readonly saved: (version: number, partition: number) => number;
}

/** Somebody who follows one room: where in it they are; null while nothing is followed. */
interface Audience {
  readonly receiver: string;
  readonly room: Room;
  rev: number | null;
}

/**
 * Follows what is served, as a gateway does: once it has caught up with what the log held when it was first seen, and
 * from where its people are; where what it followed was lost they all begin anew.
 */
export class VersionGateway {
  version: number | null = null;
  private readonly audiences: Audience[];
  private next: { readonly version: number; readonly end: number } | null = null;
  /** Caught up, and about to be followed. */
  private arriving: number | null = null;

  constructor(
    private readonly log: FakeLog,
    private readonly store: FakeStore,
    private readonly broken: Broken,
    private readonly watcher: Watcher,
  ) {
    this.audiences = rooms.flatMap((room) => receiversOf(room).map((receiver) => ({ receiver, room, rev: null })));
  }

  /** Whether everybody follows what is served, and knows all that there is. */
  get isUpToDate(): boolean {
    return (
      this.version === this.store.versions?.serving.number &&
      this.audiences.every(({ room, rev }) => rev === this.watcher.changesUpTo(room, Infinity))
    );
  }

  /** One step of its look at what is served. */
  look(): void {
    const { version: followed, arriving } = this;
    this.arriving = null;
    if (arriving !== null) {
      this.move(arriving);
      return;
    }
    const { versions } = this.store;
    if (!versions) {
      this.sendAway();
      return;
    }
    const served = versions.serving.number;
    const isKept = followed === served || versions.old.some(({ number }) => number === followed);
    if (followed !== null && !isKept && !this.broken.lostFollowedOn) this.sendAway();
    if (followed === served) {
      this.begin();
      return;
    }
    if (this.next?.version !== served) this.next = { version: served, end: this.log.records.length };
    if (this.broken.unfinishedFollowed || this.isCaughtUp(this.next)) this.arriving = served;
  }

  accept({ receiver, text }: Published): void {
    const update = decodeUpdate(text) as RoomUpdate;
    for (const audience of this.audiences) {
      if (audience.receiver === receiver && audience.room === update.room) this.tell(audience, update);
    }
  }

  private tell(audience: Audience, { version, from, to, changes }: RoomUpdate): void {
    const { room, rev } = audience;
    if (rev === null || (version !== this.version && !this.broken.anyVersionTold) || to <= rev) return;
    if (from > rev) this.readMissed(audience, rev);
    else
      this.take(
        audience,
        changes.filter((change) => change.rev > rev),
      );
    if (audience.rev! >= to) return;
    if (this.watcher.isLost(version)) audience.rev = null;
    else this.watcher.fault(`${room}: change ${audience.rev! + 1} is not to be read, ${to} was told`);
  }

  private take(audience: Audience, changes: readonly RoomChanged[]): void {
    for (const { rev } of changes) {
      if (rev !== audience.rev! + 1)
        this.watcher.fault(`${audience.room}: told of change ${rev} after ${audience.rev}`);
      audience.rev = rev;
    }
    this.watcher.told(audience.room, changes);
  }

  /** Behind a hole is what a projector has written of a round that it has not told of yet. */
  private readMissed(audience: Audience, rev: number): void {
    const changes = changesOf(audience.room, this.store.of(this.version!)).filter((change) => change.rev > rev);
    this.take(audience, changes.slice(0, changes.findIndex((change, i) => change.rev !== rev + 1 + i) >>> 0));
  }

  private isCaughtUp({ version, end }: { readonly version: number; readonly end: number }): boolean {
    for (const partition of this.log.used) {
      const last = this.log.records.slice(0, end).findLast((record) => record.partition === partition)?.seq ?? 0;
      if (this.watcher.saved(version, partition) < last) return false;
    }
    return true;
  }

  private move(to: number): void {
    const from = this.version;
    this.version = to;
    for (const audience of this.audiences) {
      const { room, rev } = audience;
      if (rev === null) continue;
      if (hasChange(room, rev, this.store, to)) this.readMissed(audience, rev);
      else if (this.watcher.isLost(to) || this.watcher.isLost(from!)) audience.rev = null;
      else {
        if (rev <= this.watcher.firm(room))
          this.watcher.fault(`${room}: change ${rev} was told, and version ${to} which is served does not have it`);
        audience.rev = null;
      }
    }
    this.begin();
  }

  /** Whoever was sent away comes back, and starts from the history. */
  private begin(): void {
    for (const audience of this.audiences) {
      if (audience.rev !== null) continue;
      const { room } = audience;
      audience.rev = positionIn(changesOf(room, this.store.of(this.version!)));
      if (this.watcher.isLost(this.version!) || this.next?.version !== this.version) continue;
      if (audience.rev < this.watcher.changesUpTo(room, this.next.end))
        this.watcher.fault(`${room}: what was old is going to be told as new, from change ${audience.rev + 1} on`);
    }
  }

  private sendAway(): void {
    for (const audience of this.audiences) audience.rev = null;
  }
}

/** The last change before the first hole: what comes after it is of a round that is being written. */
export function positionIn(changes: readonly RoomChanged[]): number {
  const hole = changes.findIndex(({ rev }, i) => rev !== i + 1);
  return hole < 0 ? changes.length : hole;
}

function hasChange(room: Room, rev: number, store: FakeStore, version: number): boolean {
  const documents = store.of(version);
  if (rev === 0 || documents.collection('changes').has(placeId(room, rev))) return true;
  return [...documents.collection('messages').values()].some((document) => {
    const message = document as MessageDocument;
    return message.room === room && message.rev0 === rev;
  });
}
