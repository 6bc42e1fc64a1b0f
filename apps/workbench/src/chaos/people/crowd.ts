import { InChats } from './in-chats.js';
import { InRooms } from './in-rooms.js';
import type { Addresses } from './someone.js';

export interface Crowd {
  /** Rooms, clients of rooms, direct chats, clients of direct chats. */
  readonly clans: number;
  readonly inRooms: number;
  readonly chats: number;
  readonly inChats: number;
}

/** Everybody, each with numbers of their own that follow from the seed. */
export function crowdOf(
  { clans, inRooms, chats, inChats }: Crowd,
  addresses: Addresses,
  randomOf: (who: number) => () => number,
): { readonly inRooms: readonly InRooms[]; readonly inChats: readonly InChats[] } {
  // The last of each clan is the first once more, on another device.
  const perClan = Math.max(2, Math.floor(inRooms / clans));
  const people = Array.from({ length: inRooms }, (_, i) => {
    const [clan, member] = [i % clans, Math.floor(i / clans)];
    const isSecond = member === perClan - 1;
    const userId = `c${clan}m${isSecond ? 0 : member}`;
    return new InRooms(userId, isSecond ? '-again' : '', String(clan), addresses, randomOf(i));
  });
  const partners = Array.from({ length: inChats }, () => new Set<number>());
  for (let i = 0; i < chats; i++) {
    const one = i % inChats;
    const other = (one + 1 + Math.floor(i / inChats)) % inChats;
    partners[one]!.add(other);
    partners[other]!.add(one);
  }
  return {
    inRooms: people,
    inChats: partners.map(
      (of, i) =>
        new InChats(
          i + 1,
          [...of].map((each) => each + 1),
          addresses,
          randomOf(inRooms + i),
        ),
    ),
  };
}
