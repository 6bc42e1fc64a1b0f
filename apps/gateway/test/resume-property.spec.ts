import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { GLOBAL_ROOM } from '#domain';
import { EVERYBODY, roomMessageView } from '#protocol';
import { ROOM_CHAT } from '../src/socket/endpoint.js';
import { ChatInMemory, holdTime, settle } from './chat-in-memory.js';
import { HubInMemory } from './hub-in-memory.js';
import { type Kept, keptOf, ResumingClient } from './resuming-client.js';
import type { SessionInMemory } from './session-in-memory.js';

const MAX = 6;

beforeAll(holdTime);
afterAll(() => {
  jest.useRealTimers();
});

const number = fc.nat(9);
/** What may happen, each as often as its weight says. */
const step = fc.oneof(
  { arbitrary: fc.record({ what: fc.constant('say' as const) }), weight: 6 },
  { arbitrary: fc.record({ what: fc.constant('react' as const), to: number, by: number }), weight: 6 },
  // A projector's round: as it should be, not told, or with some of its documents only.
  {
    arbitrary: fc.record({ what: fc.constantFrom('fold' as const, 'fold untold' as const, 'fold half' as const) }),
    weight: 6,
  },
  {
    arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 20, 300, 2_500) }),
    weight: 4,
  },
  { arbitrary: fc.record({ what: fc.constant('connect' as const), at: fc.nat(1), isLate: fc.boolean() }), weight: 4 },
  { arbitrary: fc.record({ what: fc.constant('ask' as const) }), weight: 2 },
  { arbitrary: fc.record({ what: fc.constant('cut' as const) }), weight: 2 },
  // A gateway hears nothing for a while.
  { arbitrary: fc.record({ what: fc.constantFrom('pause' as const, 'resume' as const), at: fc.nat(1) }), weight: 2 },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A chat, two gateways of it, and a client that is now at the one and now at the other. */
class World {
  readonly client = new ResumingClient('global', () => this.history());
  /** Whether the client was ever told more at one gateway than the other had told by then: that it is told again there. */
  wasAhead = false;
  readonly #messages: string[] = [];
  #connection: SessionInMemory | null = null;

  private constructor(
    readonly chat: ChatInMemory,
    readonly gateways: readonly HubInMemory[],
  ) {}

  static async begin(): Promise<World> {
    const chat = await ChatInMemory.start();
    const gateways = [1, 2].map(() => HubInMemory.on(chat, chat.server.connect(), { resumeChangesMax: MAX }));
    return new World(chat, await Promise.all(gateways));
  }

  async carryOut(one: Step): Promise<void> {
    const { chat } = this;
    switch (one.what) {
      case 'say':
        this.#messages.push(chat.say(GLOBAL_ROOM, String(this.#messages.length + 1), '9'));
        break;
      case 'react':
        if (this.#messages.length === 0) break;
        chat.react(GLOBAL_ROOM, this.#messages[one.to % this.#messages.length]!, '👍', `reader ${one.by}`);
        break;
      case 'fold':
        await chat.timeline.run();
        break;
      case 'fold untold':
        chat.timeline.fold();
        await chat.timeline.write();
        chat.timeline.untold();
        break;
      case 'fold half':
        chat.timeline.fold();
        await chat.timeline.write('messages');
        break;
      case 'wait':
        await this.pass(one.ms);
        break;
      case 'connect':
        await this.connect(one.at);
        if (!one.isLate) await this.ask();
        break;
      case 'ask':
        await this.ask();
        break;
      case 'cut':
        await this.cut();
        break;
      case 'pause':
        this.gateways[one.at]!.connection.lose();
        break;
      case 'resume':
        this.gateways[one.at]!.connection.comeBack();
        break;
    }
    await this.client.take();
  }

  async connect(at: number): Promise<void> {
    await this.cut();
    const gateway = this.gateways[at]!;
    // Nobody is let in while its log is away.
    if (gateway.hub.hindrance !== null) return;
    const held = gateway.hub.hold('reader 1');
    const state = { isReady: false };
    void held.prepare(ROOM_CHAT, {}).finally(() => (state.isReady = true));
    // A round may be half written.
    while (!state.isReady) await settle(10);
    this.#connection = await gateway.join('reader 1');
    gateway.hub.release(held);
    const { since } = (await held.hearing(this.#connection.session, 'global'))!;
    this.wasAhead ||= since.rev < this.client.position.rev;
    this.client.begin(this.#connection.client);
  }

  /** As often as it likes. */
  async ask(): Promise<void> {
    if (!this.#connection) return;
    this.client.ask();
    await this.pass(1);
  }

  async cut(): Promise<void> {
    await this.client.take();
    this.#connection?.client.ws.terminate();
    this.#connection = null;
    await settle(1);
  }

  async pass(ms: number): Promise<void> {
    await settle(ms);
    for (let turns = 0; turns < 5; turns++) {
      await nextTurn();
      await settle(1);
    }
  }

  async history(): Promise<ReadonlyMap<string, Kept>> {
    const messages = await this.chat.pinned(1).queries.page(GLOBAL_ROOM, { limit: 1_000 });
    return new Map(messages.map((message) => [message.messageId, keptOf({ ...roomMessageView(message, EVERYBODY) })]));
  }

  end(): void {
    for (const { hub } of this.gateways) hub.onApplicationShutdown();
  }
}

describe('what a client has that comes and goes, by what it was told and by its resumes', () => {
  it('is what is there, nothing lost and nothing twice, whatever happened in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
        const world = await World.begin();
        const { client, chat } = world;
        try {
          for (const one of steps) await world.carryOut(one);
          for (const { connection } of world.gateways) connection.comeBack();
          await chat.timeline.run();
          await world.pass(1_000);
          await world.connect(0);
          await world.ask();
          await world.pass(2_000);
          await client.take();
          expect(client.isResuming).toBe(false);
          const all = await world.history();
          expect(client.kept).toEqual(all);
          if (!world.wasAhead) expect(client.doubled).toEqual([]);
          for (const room of client.resumed) {
            if (!('to' in room)) throw new Error('everybody is in the global room');
            // It never asks from where the room has not been, so only too much keeps it from going on.
            expect(room.recovered).toBe(room.to.rev - room.from!.rev <= MAX);
          }
          // The last one that comes knows where it is.
          const { n, rev } = await chat.pinned(1).queries.position(GLOBAL_ROOM);
          expect(client.position).toEqual({ n, rev });
        } finally {
          world.end();
          await world.cut();
        }
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    );
  });
});
