import { type Room, roomIds, roomKind } from '#domain';
import type { Document } from '#read-models';
import type { ChangeDocument, MessageDocument, RoomUpdate, ToldMessage } from '../../src/index.js';
import type { Expected } from './expected.js';
import type { Documents } from './fake-store.js';

/** What somebody who follows a room was told: which change, of which message. */
export interface Told {
  readonly rev: number;
  readonly kind: string;
  readonly messageId: string;
}

/**
 * Follows a room as a gateway does: drops what is at or below its `rev`; where there is a hole, it reads what it missed
 * from the read model.
 */
export class Follower {
  readonly told: Told[] = [];

  constructor(
    readonly room: Room,
    private readonly documents: Documents,
    private readonly tell: (fault: string) => void,
  ) {}

  accept(update: RoomUpdate): void {
    const { rev } = this;
    if (update.to <= rev) return;
    const changes = update.from > rev ? this.changesSince(rev) : update.changes.filter((change) => change.rev > rev);
    for (const { rev: next, kind, message } of changes) {
      if (next !== this.rev + 1) this.tell(`${this.room}: told of change ${next} after ${this.rev}`);
      this.told.push({ rev: next, kind, messageId: message.messageId });
    }
    if (this.rev < update.to)
      this.tell(`${this.room}: change ${this.rev + 1} is not to be read, ${update.to} was told`);
  }

  private get rev(): number {
    return this.told.at(-1)?.rev ?? 0;
  }

  private changesSince(rev: number) {
    const changes = changesOf(this.room, this.documents).filter((change) => change.rev > rev);
    // Behind a hole is what a projector has written of a round that it has not told of yet.
    return changes.slice(0, changes.findIndex((change, i) => change.rev !== rev + 1 + i) >>> 0);
  }
}

export interface RoomChanged {
  readonly rev: number;
  readonly kind: string;
  readonly message: ToldMessage;
}

/** The changes of a room as its documents have them, in order. */
export function changesOf(room: Room, documents: Pick<Documents, 'collection'>): RoomChanged[] {
  const messages = [...documents.collection('messages').values()].filter((d) => (d as MessageDocument).room === room);
  const byN = new Map((messages as MessageDocument[]).map((message) => [message.n, message]));
  const changed = ([...documents.collection('changes').values()] as ChangeDocument[]).filter((d) => d.room === room);
  return [
    ...[...byN.values()].map((message) => ({ rev: message.rev0, kind: 'message', message })),
    ...changed.flatMap(({ rev, n, kind = 'reaction' }) => {
      const message = byN.get(n);
      return message ? [{ rev, kind, message }] : [];
    }),
  ].sort((a, b) => a.rev - b.rev);
}

/** The changes of a room as the fold has them. */
export function changesIn({ documents }: Pick<Expected, 'documents'>, room: Room): RoomChanged[] {
  const pure = (name: string) =>
    new Map([...documents.get(name)!].map(([id, json]) => [id, JSON.parse(json) as Document]));
  return changesOf(room, { collection: pure });
}

export const toldOf = (changes: readonly RoomChanged[]): Told[] =>
  changes.map(({ rev, kind, message: { messageId } }) => ({ rev, kind, messageId }));

/** Where the updates of a room go. */
export const receiversOf = (room: Room): string[] =>
  roomKind(room) === 'direct' ? roomIds(room).map((userId) => `user ${userId}`) : [room];
