import { type Room, roomIds, roomKind } from '#domain';
import { type Change, encodeUpdate, type RoomUpdate, type ToldMessage } from '../live-update.js';
import type { MessageDocument } from './documents.js';
import type { LiveText } from '../projection.js';

/** NATS refuses messages above 1 MB; a client that waits for one piece should not wait for a megabyte. */
const MAX_UPDATE_CHARACTERS = 256 * 1024;

export interface RoomChange extends Change {
  readonly room: Room;
  readonly message: MessageDocument;
}

/** One update for each run of changes of a room, in pieces that NATS takes; those of a direct chat go to both people. */
export function announce(changes: readonly RoomChange[], version: number): LiveText[] {
  const rooms = new Map<Room, RoomChange[]>();
  for (const change of changes) {
    const ofRoom = rooms.get(change.room);
    if (ofRoom) ofRoom.push(change);
    else rooms.set(change.room, [change]);
  }
  const texts: LiveText[] = [];
  for (const [room, ofRoom] of rooms) {
    const receivers = roomKind(room) === 'direct' ? roomIds(room).map((userId) => ({ userId })) : [{ room }];
    for (const text of updateTexts({ type: 'room', version, room }, ofRoom))
      texts.push(...receivers.map((receiver) => ({ ...receiver, text })));
  }
  return texts;
}

/**
 * A change that is too large for a piece goes out as its number alone: a gateway that is told of what it cannot see
 * reads it.
 */
function updateTexts(of: Pick<RoomUpdate, 'type' | 'version' | 'room'>, changes: readonly RoomChange[]): string[] {
  const texts: string[] = [];
  let piece: (Change & { readonly room: Room })[] = [];
  let size = 0;
  const send = () => {
    const [first] = piece;
    if (first) texts.push(encodeUpdate({ ...of, from: first.rev - 1, to: piece.at(-1)!.rev, changes: piece }));
    piece = [];
    size = 0;
  };
  for (const change of changes) {
    const added = sizeOf(change);
    if (size + added > MAX_UPDATE_CHARACTERS) send();
    if (added > MAX_UPDATE_CHARACTERS) {
      texts.push(encodeUpdate({ ...of, from: change.rev, to: change.rev, changes: [] }));
      continue;
    }
    piece.push({ ...change, message: told(change.message) });
    size += added;
  }
  send();
  return texts;
}

/** By whom it is found when somebody is erased is nobody else's business. */
function told({ people: _, ...message }: MessageDocument): ToldMessage {
  return message;
}

/** About how many characters a change takes, never less: what is quoted is at most six times as long. */
function sizeOf({ message }: RoomChange): number {
  const { content, sender, reactions } = message;
  return 1_000 + 6 * content.length + 2 * (sender.avatar?.length ?? 0) + 300 * reactions.length;
}
