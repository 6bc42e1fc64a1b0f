import {
  changeProfile,
  type ChatCreated,
  clanRoom,
  type Decision,
  type DomainEvent,
  editMessage,
  GLOBAL_ROOM,
  joinClan,
  keySequence,
  markSeen,
  type MessageCreated,
  openChat,
  partitionOf,
  PARTITIONS,
  type Person,
  postToChat,
  postToRoom,
  react,
  type Room,
} from '#domain';
import type { Position } from '#projections';

/** A room of the room API, as its commands name it. */
export interface PublicPlace {
  readonly room: Room;
  readonly clanId: string | null;
}

/** As many in each partition, give or take one, as it is with many rooms: otherwise luck would set the shares. */
export const clans: readonly PublicPlace[] = Array.from({ length: 100 }, (_, i) => {
  for (let attempt = 0; ; attempt++) {
    const clanId = `bench-${i}-${attempt}`;
    const room = clanRoom(clanId);
    if (partitionOf(room) === i % PARTITIONS) return { room, clanId };
  }
});
const publicPlaces: readonly PublicPlace[] = [...clans, { room: GLOBAL_ROOM, clanId: null }];
/** One of so many events is a change of a recent message, where there are any. */
const EDITS = 50;
const PEOPLE = 3_000;
/** Reactions are to one of so many last messages of a room. */
const RECENT = 20;
/** 90 characters. */
const TEXT = 'the quick brown fox jumps over the lazy dog, and the dog minds it less than one may expect';
const EMOJI = ['👍', '😂', '❤️', '🎉'];
const FIRST_AT = Date.UTC(2026, 0, 1);

/** What the fold must make of a room: how many messages and how many changes it has. */
interface Place {
  n: number;
  rev: number;
  readonly recent: MessageCreated[];
}

interface Chat {
  readonly opened: ChatCreated;
  readonly people: readonly [Person, Person];
  readonly seen: [number, number];
}

export interface ConversationOptions {
  /** How many direct chats there are, 100 by default. */
  readonly chats?: number;
  /** Whether messages are edited too. */
  readonly edits?: boolean;
}

/**
 * Events of a hundred clans, the global room and a hundred direct chats: 85 of a hundred are messages in the rooms, 8
 * reactions to recent ones, 5 messages and seen marks of the chats, 2 changes of profiles and memberships. The same
 * ones each time.
 */
export class Conversation {
  private readonly places = new Map<Room, Place>();
  private readonly chats: Chat[] = [];
  private readonly newKey = keySequence(Buffer.alloc(8));
  private ticks = 0;
  private dice = 1;
  /** Of the events so far. */
  messages = 0;

  constructor(private readonly options: ConversationOptions = {}) {}

  /** Where every room stands after the events so far. */
  get positions(): ReadonlyMap<Room, Position> {
    return this.places;
  }

  *events(count: number): Generator<DomainEvent, void> {
    for (let i = 0; i < count; i++) yield this.chats.length < (this.options.chats ?? 100) ? this.opened() : this.next();
  }

  /** @param content 90 characters where none is given */
  message({ room }: PublicPlace, content = TEXT): DomainEvent {
    const sender = person(this.below(PEOPLE));
    const command = { ...this.context(), sender, content, feeling: 'Happy' };
    const event = made(postToRoom(command, room));
    const place = this.place(room);
    place.n++;
    place.rev++;
    this.messages++;
    if (place.recent.push(event) > RECENT) place.recent.shift();
    return event;
  }

  private next(): DomainEvent {
    if (this.options.edits && this.below(EDITS) === 0) return this.edit(this.oneOf(publicPlaces));
    const share = this.below(100);
    if (share < 85) return this.message(this.oneOf(publicPlaces));
    if (share < 93) return this.reaction(this.oneOf(publicPlaces));
    return share < 98 ? this.ofChat(this.oneOf(this.chats)) : this.ofPerson(person(this.below(PEOPLE)));
  }

  /** One in ten takes a reaction back. */
  private reaction(of: PublicPlace): DomainEvent {
    const { room } = of;
    const place = this.place(room);
    if (place.n === 0) return this.message(of);
    place.rev++;
    const { id: userId, name: userName } = person(this.below(PEOPLE));
    const emoji = this.below(10) === 0 ? '' : this.oneOf(EMOJI);
    const command = { ...this.context(), messageId: this.oneOf(place.recent).messageId, userId, userName, emoji };
    return made<DomainEvent>(react(command, { room, message: { room } }));
  }

  private edit(of: PublicPlace): DomainEvent {
    const place = this.place(of.room);
    if (place.n === 0) return this.message(of);
    place.rev++;
    const message = this.oneOf(place.recent);
    const { messageId, sender } = message;
    const content = `${TEXT}, said better`;
    const command = { ...this.context(), messageId, userId: sender.id, content, withinSeconds: 900 };
    return made(editMessage(command, { room: of.room, message }));
  }

  private opened(): DomainEvent {
    const people = [person(PEOPLE + 2 * this.chats.length), person(PEOPLE + 2 * this.chats.length + 1)] as const;
    const opened = made(openChat({ ...this.context(), by: people[0].id, receiver: people[1].id }, null));
    this.chats.push({ opened, people, seen: [0, 0] });
    return opened;
  }

  /** A message of either side, or, once in five times, one side's mark up to the last one. */
  private ofChat({ opened, people, seen }: Chat): DomainEvent {
    const place = this.place(opened.room);
    const side = this.below(2) as 0 | 1;
    if (this.below(5) === 0 && seen[side] < place.n) {
      const state = { chat: opened, lastN: place.n, seenN: seen[side] };
      seen[side] = place.n;
      return made(markSeen({ ...this.context(), userId: people[side].id }, state));
    }
    place.n++;
    place.rev++;
    this.messages++;
    const receiver = people[side === 0 ? 1 : 0].id;
    return made(postToChat({ ...this.context(), receiver, sender: people[side], content: TEXT }, opened));
  }

  private ofPerson({ id: userId, name, avatar }: Person): DomainEvent {
    if (this.below(2) === 0) return made(changeProfile({ ...this.context(), userId, name, avatar }, null));
    const clanId = this.oneOf(clans).clanId!;
    return made(joinClan({ ...this.context(), userId, clanId }, null));
  }

  private context() {
    return { key: this.newKey(), at: new Date(FIRST_AT + 10 * this.ticks++).toISOString() };
  }

  private place(room: Room): Place {
    let place = this.places.get(room);
    if (!place) this.places.set(room, (place = { n: 0, rev: 0, recent: [] }));
    return place;
  }

  private oneOf<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** 0 … `bound` - 1, of a linear congruential generator: the same sequence each time. */
  private below(bound: number): number {
    this.dice = (Math.imul(this.dice, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.dice / 2 ** 32) * bound);
  }
}

const person = (i: number): Person => ({
  id: String(3_000_000 + i),
  name: `Person ${i}`,
  avatar: '{"hair":3,"colour":"#a05"}',
});

/** The event that a command comes to, which here it always does. */
function made<E>(decision: Decision<E>): E {
  if ('refusal' in decision) throw new Error(decision.refusal.message);
  if (decision.event === null) throw new Error('a command of the benchmark has nothing to do');
  return decision.event;
}
