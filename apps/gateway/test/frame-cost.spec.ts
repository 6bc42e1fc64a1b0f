import 'reflect-metadata';
import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { clanRoom, type DomainEvent } from '#domain';
import { encodeUpdate } from '#projections';
import { promisesOf } from '../../../libs/event-store/test/count-promises.js';
import { RecentMessages } from '../src/commands/recent-messages.js';
import { PostRoomMessageHandler } from '../src/commands/post-message.js';
import { SlowModes } from '../src/commands/slow-modes.js';
import { FanOut } from '../src/feeds/audience.js';
import { Person } from '../src/feeds/person.js';
import { RoomFeed } from '../src/feeds/room-feed.js';
import { ROOM_CHAT } from '../src/socket/endpoint.js';
import { FaultFilter } from '../src/socket/fault-filter.js';
import { frameHandlers } from '../src/socket/frame-handlers.js';
import { RoomChatGateway } from '../src/socket/room-chat.gateway.js';
import type { Session } from '../src/socket/session.js';
import type { SessionSocket } from '../src/socket/session-socket.js';
import { ChatInMemory } from './chat-in-memory.js';
import { sessionOn } from './sessions-on-sockets.js';

// What a frame and a delivery cost, in things that can be counted on any machine. Promises are most of what a frame took
// when it went the framework's own way: 43, before anything was appended.

/** A socket that takes everything at once, and how often it was given something. */
class CountedSocket extends Duplex {
  writes = 0;
  text = '';

  override _read(): void {
    // Its client is the test.
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.writes++;
    this.text += chunk.toString();
    done();
  }
}

class LinkInMemory extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  readonly isPaused = false;
}

interface Connected {
  readonly session: Session;
  readonly socket: CountedSocket;
  readonly link: LinkInMemory;
}

function connect(userId: string): Connected {
  const person = new Person(userId);
  person.clanId = '7';
  const [socket, link] = [new CountedSocket(), new LinkInMemory()];
  const ws = link as unknown as SessionSocket;
  return { session: sessionOn({ socket, ws }, { endpoint: ROOM_CHAT, person }), socket, link };
}

let people: Connected[];
beforeEach(() => {
  people = Array.from({ length: 10 }, (_, i) => connect(`${i}`));
});

const FRAMES = 500;
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** A gateway whose log stores everything at once, and the events that it was given. */
function gateway() {
  const events: DomainEvent[] = [];
  const stored = Promise.resolve({ seq: 1, duplicate: false });
  const append = (event: DomainEvent) => {
    events.push(event);
    return stored;
  };
  const none = undefined as never;
  const slowModes = new SlowModes(none);
  slowModes.secondsOf = () => 0;
  const handler = new PostRoomMessageHandler({ append }, new RecentMessages(), none, slowModes, null);
  const bus = new CommandBus(none);
  const metatype = PostRoomMessageHandler;
  bus.register([{ instance: handler, metatype, isDependencyTreeStatic: () => true } as never]);
  const made = new RoomChatGateway(bus, none, none, none);
  const get = (type: unknown) => (type === RoomChatGateway ? made : new FaultFilter()) as never;
  return { events, ...frameHandlers({ get }, RoomChatGateway) };
}

it('a frame takes few promises, from its socket to its ack', async () => {
  const { events, byEvent, failed } = gateway();
  for (const { session } of people) session.serve({ byEvent, failed });
  const send = async (count: number, more: object = {}): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const data = { event: 'clanMessage', data: { content: 'hello', feeling: 'happy' }, id: `c${events.length}-${i}` };
      people[i % people.length]!.link.emit('message', Buffer.from(JSON.stringify({ ...data, ...more })), false);
    }
    await nextTurn();
  };
  await send(FRAMES);
  const count = await promisesOf(() => send(FRAMES));
  expect(events).toHaveLength(2 * FRAMES);
  expect(people.every(({ socket }) => socket.text.split('"ack"').length === (2 * FRAMES) / people.length + 1)).toBe(
    true,
  );
  expect(count / FRAMES).toBeLessThan(6);
  // Nor do those that name a trace take more, while nothing is traced.
  expect((await promisesOf(() => send(FRAMES, { traceparent }))) / FRAMES).toBeCloseTo(count / FRAMES, 1);
});

it('a frame that is refused takes none', async () => {
  const { byEvent, failed } = gateway();
  const [{ session, link, socket }] = people as [Connected];
  session.serve({ byEvent, failed });
  const frames = [{ event: 'clanMessage', data: {} }, { event: 'other' }, 7].map((frame) =>
    Buffer.from(JSON.stringify(frame)),
  );
  const count = await promisesOf(() => {
    for (const frame of frames) link.emit('message', frame, false);
  });
  expect(socket.text.split('"error"')).toHaveLength(4);
  expect(count).toBe(0);
});

it('an update of a room takes no promise, and those of one turn are one write for each socket', async () => {
  const chat = await ChatInMemory.start();
  const timeline = chat.follow();
  await nextTurn();
  let tell: (text: string) => void = () => undefined;
  const nothing = { stop: () => undefined };
  const live = {
    flush: () => Promise.resolve(),
    onSignal: () => nothing,
    subscribeToRoom: (_: string, listener: typeof tell) => {
      tell = listener;
      return nothing;
    },
  };
  const room = clanRoom('7');
  const feed = new RoomFeed(room, { live, timeline, fanOut: new FanOut(), dialect: 'documented' });
  await feed.ready;
  for (const { session } of people) feed.audience.add(session);
  const sender = { id: '1', name: 'Ada', avatar: null };
  const updates = Array.from({ length: 20 }, (_, at): string => {
    const n = at + 1;
    const message = { messageId: `m${n}`, room, n, rev: n, at: '2026-01-01T00:00:00.000Z', sender, content: `${n}` };
    const change = { rev: n, kind: 'message', message: { ...message, reactions: [] }, traceparent };
    return encodeUpdate({ type: 'room', version: 1, room, from: at, to: n, changes: [change] } as never);
  });
  const count = await promisesOf(() => {
    for (const update of updates) tell(update);
  });
  await nextTurn();
  expect(count).toBe(0);
  expect(people.map(({ socket }) => [socket.writes, socket.text.split('"newMessage"').length - 1])).toEqual(
    people.map(() => [1, updates.length]),
  );
  feed.stop();
  timeline.stop();
});
