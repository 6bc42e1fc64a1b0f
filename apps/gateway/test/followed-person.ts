import { type Endpoint, ROOM_CHAT } from '../src/socket/endpoint.js';
import { DirectFeed } from '../src/feeds/direct-feed.js';
import { FanOut } from '../src/feeds/audience.js';
import { PersonFeed } from '../src/feeds/person-feed.js';
import { Rooms } from '../src/feeds/rooms.js';
import { ChatInMemory, settle } from './chat-in-memory.js';
import { sessionInMemory, type SessionInMemory } from './session-in-memory.js';

/** A person who is followed by a gateway, as the tests of one have it. */
export class FollowedPerson {
  readonly feed: PersonFeed;
  moves = 0;

  private constructor(
    readonly chat: ChatInMemory,
    readonly rooms: Rooms,
    userId: string,
  ) {
    const { live } = chat.log;
    const direct = { timeline: chat.follow(), fanOut: new FanOut(), live, opened: () => undefined };
    this.feed = new PersonFeed(userId, {
      log: chat.log,
      rooms,
      newKey: chat.nextKey,
      direct: (id) => new DirectFeed(id, direct),
      moved: () => this.moves++,
    });
  }

  static async begin(userId = '1', from?: FollowedPerson): Promise<FollowedPerson> {
    const chat = from?.chat ?? (await ChatInMemory.start());
    const timeline = chat.follow();
    const { live } = chat.log;
    const rooms = from?.rooms ?? new Rooms({ live, timeline, fanOut: new FanOut(), dialect: 'documented' });
    const person = new FollowedPerson(chat, rooms, userId);
    await settle();
    return person;
  }

  /** What the log is asked. */
  get gates() {
    return this.chat.log.connection.gates;
  }

  async prepare(claims: Parameters<PersonFeed['prepare']>[1] = {}, endpoint: Endpoint = ROOM_CHAT): Promise<void> {
    const prepared = this.feed.prepare(endpoint, claims);
    await Promise.all([prepared, settle()]);
  }

  /** A connection of theirs. */
  async join(endpoint: Endpoint = ROOM_CHAT): Promise<SessionInMemory> {
    const joined = await sessionInMemory({ endpoint, person: this.feed.person });
    this.feed.add(joined.session);
    return joined;
  }

  /** What the directory's projector tells of what is in the log by now. */
  async tell(): Promise<void> {
    await this.chat.directory.run();
    await settle();
  }
}
