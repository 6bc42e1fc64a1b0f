import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import { OutcomeUnknown } from '#event-store';
import { Allowance, TooMany } from '../src/commands/allowance.js';
import { type Attempt, Attempts } from '../src/commands/attempts.js';
import { ChatInMemory, holdTime, settle } from './chat-in-memory.js';
import { settings } from './sessions-on-sockets.js';

const RATE = { appendsPerSecond: 10, appendBurst: 40 };

let chat: ChatInMemory;
let gateways: Allowance[];
/** What gateways tell each other. */
let told: { readonly spent: readonly (readonly [string, number])[] }[];
beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  gateways = [];
  told = [];
  chat.elsewhere.live.onSignal('spent', (text) => {
    if (text.includes('spent')) told.push(JSON.parse(text) as (typeof told)[number]);
  });
  await settle(10);
});
afterEach(() => {
  for (const gateway of gateways) gateway.onApplicationShutdown();
  jest.useRealTimers();
});

async function gateway(): Promise<Allowance> {
  const limits = { ...settings.limits, ...RATE };
  const allowance = new Allowance(chat.server.connect(), { limits });
  allowance.onApplicationBootstrap();
  gateways.push(allowance);
  await settle(10);
  return allowance;
}

/** How many of so many commands are let through. */
function spend(allowance: Allowance, userId: string, count: number): number {
  let spent = 0;
  for (let i = 0; i < count; i++) {
    try {
      allowance.spend(userId);
      spent++;
    } catch (error) {
      expect(error).toBeInstanceOf(TooMany);
    }
  }
  return spent;
}

describe('what somebody may have stored', () => {
  it('is a burst, then so much a second, and says when it is worth another try', async () => {
    const one = await gateway();
    expect([spend(one, 'ada', 100), spend(one, 'bob', 1)]).toEqual([40, 1]);
    expect(() => {
      one.spend('ada');
    }).toThrow(expect.objectContaining({ retryAfter: 1 }));
    await settle(1_000);
    expect(spend(one, 'ada', 100)).toBe(10);
  });

  it('says in how many seconds there will be something again, also where that is long', async () => {
    const limits = { ...settings.limits, appendsPerSecond: 0.1, appendBurst: 1 };
    const slow = new Allowance(chat.log, { limits });
    slow.spend('ada');
    await settle(4_000);
    let refusal: unknown;
    try {
      slow.spend('ada');
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ message: 'too many at once', retryAfter: 6 });
    slow.onApplicationShutdown();
  });

  it('is the same over all gateways in the long run', async () => {
    const both = [await gateway(), await gateway(), await gateway()];
    let spent = 0;
    const SECONDS = 30;
    for (let ms = 0; ms < SECONDS * 1_000; ms += 100) {
      for (const each of both) spent += spend(each, 'ada', 5);
      await settle(100);
    }
    // A burst everywhere at first, of which what was told charges the others up to a burst each.
    expect(spent).toBeLessThanOrEqual(3 * RATE.appendBurst + SECONDS * RATE.appendsPerSecond);
    expect(spent).toBeGreaterThan(RATE.appendBurst + (SECONDS / 2) * RATE.appendsPerSecond);
    const before = spent;
    for (let ms = 0; ms < SECONDS * 1_000; ms += 100) {
      for (const each of both) spent += spend(each, 'ada', 5);
      await settle(100);
    }
    const perSecond = (spent - before) / SECONDS;
    expect(perSecond).toBeLessThanOrEqual(1.1 * RATE.appendsPerSecond);
    // Nobody is kept out by what others were told.
    expect(perSecond).toBeGreaterThan(0.5 * RATE.appendsPerSecond);
  });

  it('is told to others only of who spends much, and no more than is not made up for', async () => {
    const [one, other] = [await gateway(), await gateway()];
    for (let i = 0; i < 300; i++) {
      expect(spend(one, 'ada', 1)).toBe(1);
      await settle(110);
    }
    expect(spend(one, 'bob', 20)).toBe(20);
    await settle(300);
    expect(told).toEqual([]);
    await settle(2_000);
    expect(spend(one, 'ada', 25)).toBe(25);
    await settle(300);
    expect(told.map(({ spent }) => spent)).toEqual([[['ada', expect.any(Number)]]]);
    expect(told[0]!.spent[0]![1]).toBeLessThanOrEqual(25);
    expect(spend(other, 'ada', 100)).toBeLessThan(25);
    expect(spend(one, 'bob', 25)).toBe(25);
    await settle(300);
    expect(told.slice(-1).map(({ spent }) => spent)).toEqual([[['bob', expect.any(Number)]]]);
  });

  it('is owed for no longer than a burst, whatever others say, and by nobody who has gone', async () => {
    const one = await gateway();
    const { subscriptions } = chat.server;
    const before = subscriptions.size;
    const gone = await gateway();
    spend(gone, 'bob', 40);
    gone.onApplicationShutdown();
    await settle(300);
    expect([subscriptions.size, told]).toEqual([before, []]);
    chat.elsewhere.live.signal('spent', JSON.stringify({ gateway: 'x', spent: [['ada', 1_000_000]] }));
    for (const text of ['{', '{"gateway":"x"}']) chat.elsewhere.live.signal('spent', text);
    await settle(50);
    expect(spend(one, 'ada', 1)).toBe(0);
    await settle((RATE.appendBurst / RATE.appendsPerSecond) * 1_000 + 150);
    expect(spend(one, 'ada', 1)).toBe(1);
  });
});

it('whether a message was stored stays unknown where its repetition is too much', async () => {
  const one = await gateway();
  const attempts = new Attempts('ada', chat.nextKey, () => {
    one.spend('ada');
    return Promise.resolve();
  });
  const lost = (attempt: Attempt) => {
    attempt.as(GLOBAL_ROOM);
    return Promise.reject(new OutcomeUnknown('no answer'));
  };
  await expect(attempts.make(undefined, ['hello'], lost)).rejects.toThrow(OutcomeUnknown);
  spend(one, 'ada', 100);
  await expect(attempts.make(undefined, ['hello'], lost)).rejects.toThrow(OutcomeUnknown);
  await expect(attempts.make(undefined, ['another'], lost)).rejects.toThrow(TooMany);
});
