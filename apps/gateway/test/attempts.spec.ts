import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, commandKey, GLOBAL_ROOM, keySequence, type Room } from '#domain';
import { LogUnavailable, OutcomeUnknown } from '#event-store';
import { type AttemptContext, Attempts } from '../src/commands/attempts.js';

let now: number;
let admitted: Error | null;
let attempts: Attempts;

beforeEach(() => {
  now = 1_000;
  admitted = null;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  attempts = new Attempts('7', keySequence(Buffer.alloc(8)), () =>
    admitted ? Promise.reject(admitted) : Promise.resolve(),
  );
});
afterEach(() => {
  jest.restoreAllMocks();
});

interface Sent {
  readonly words?: readonly unknown[] | null;
  readonly room?: Room;
  readonly id?: string;
}

/** Sends something; what it was carried out as, and how that ended. */
async function send(ends: Error | null = null, { words = ['hello'], room = GLOBAL_ROOM, id }: Sent = {}) {
  let carriedOut = null as AttemptContext | null;
  const outcome = await attempts
    .make(id, words, (attempt) => {
      carriedOut = attempt.as(room);
      return ends ? Promise.reject(ends) : Promise.resolve('done');
    })
    .catch((error: unknown) => error as Error);
  return { outcome, ...carriedOut };
}

const unknown = new OutcomeUnknown('no answer');
const refused = new LogUnavailable('away');

describe('a message', () => {
  it('is another one each time, while what comes of it is known', async () => {
    const sent = [await send(), await send(refused), await send(), await send(new Error('ours'))];
    expect(sent.map(({ outcome }) => outcome)).toEqual(['done', refused, 'done', new Error('ours')]);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(4);
    expect(sent.every(({ clientId }) => clientId === undefined)).toBe(true);
  });

  it('is the same where its outcome is unknown and the same words come again, until it is settled', async () => {
    const { key, outcome } = await send(unknown);
    expect(outcome).toBe(unknown);
    const other = await send(null, { words: ['hello', 'you'] });
    expect([other.outcome, other.key === key]).toEqual(['done', false]);
    expect(await send()).toMatchObject({ outcome: 'done', key, clientId: key });
    expect((await send()).key).not.toBe(key);
  });

  it('is the same for half a minute', async () => {
    const { key } = await send(unknown);
    now += 29_999;
    expect(await send(unknown)).toMatchObject({ key, outcome: unknown });
    now += 29_999;
    expect(await send(unknown)).toMatchObject({ key });
    now += 30_000;
    expect((await send()).key).not.toBe(key);
  });

  it('is another one in another room', async () => {
    const { key } = await send(unknown);
    expect((await send(null, { room: clanRoom('3') })).key).not.toBe(key);
  });

  it('stays unknown whatever refuses it the next time, also before it is carried out', async () => {
    const { key } = await send(unknown);
    now += 20_000;
    admitted = refused;
    expect(await send()).toEqual({ outcome: expect.any(OutcomeUnknown) });
    admitted = null;
    now += 20_000;
    const { outcome } = await send(refused);
    expect(outcome).toBeInstanceOf(OutcomeUnknown);
    expect(outcome).toMatchObject({ cause: refused });
    now += 20_000;
    const ours = new Error('ours');
    expect((await send(ours)).outcome).toBe(ours);
    expect(await send()).toMatchObject({ outcome: 'done', key });
  });

  it('is that of its id, where the client gave one', async () => {
    const key = commandKey('7', GLOBAL_ROOM, 'c1');
    expect(await send(unknown, { id: 'c1' })).toMatchObject({ key, clientId: 'c1' });
    expect(await send(null, { id: 'c2' })).toMatchObject({ key: commandKey('7', GLOBAL_ROOM, 'c2') });
    expect((await send()).clientId).toBeUndefined();
    expect((await send(refused, { id: 'c1' })).outcome).toBeInstanceOf(OutcomeUnknown);
    expect(await send(null, { id: 'c1' })).toMatchObject({ key, clientId: 'c1' });
  });

  it('is forgotten where too many are unknown', async () => {
    for (let i = 0; i < 32; i++) await send(unknown, { words: [i] });
    await send(unknown, { words: [0] });
    await send(unknown, { words: [32] });
    // Of one that is known again, the key stands for the id that was not given.
    const isKnown = async (i: number) => (await send(null, { words: [i] })).clientId !== undefined;
    expect([await isKnown(1), await isKnown(0), await isKnown(2), await isKnown(32)]).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });
});

describe('a command', () => {
  it('is told of as it begins, and what became of it', async () => {
    const counted: unknown[] = [];
    const own = new Attempts(
      '7',
      keySequence(Buffer.alloc(8)),
      () => null,
      () => {
        const begunAt = now;
        return (outcome) => counted.push([outcome, now - begunAt]);
      },
    );
    const ends = [null, refused, unknown, refused, new Error('ours')];
    for (const [i, error] of ends.entries()) {
      await own
        .make(undefined, ['hello'], (attempt) => {
          attempt.as(GLOBAL_ROOM);
          now += 10 * (i + 1);
          return error ? Promise.reject(error) : Promise.resolve();
        })
        .catch(() => undefined);
    }
    // After one whose outcome is unknown the same again may be stored whatever keeps it from being so this time.
    const outcomes = ['decided', 'not_stored', 'unknown', 'unknown', 'failed'];
    expect(counted).toEqual(outcomes.map((outcome, i) => [outcome, 10 * (i + 1)]));
  });

  it('that is not admitted is not carried out', async () => {
    admitted = refused;
    expect(await send()).toEqual({ outcome: refused });
  });

  it('that does no harm twice is another one each time', async () => {
    const { key } = await send(unknown, { words: null });
    expect(await send(refused, { words: null })).toMatchObject({ outcome: refused });
    expect((await send(null, { words: null })).key).not.toBe(key);
  });

  it('has so much time, however late it comes to asking the log', async () => {
    const deadline = await attempts.make(undefined, null, (attempt) => {
      now += 3_000;
      return Promise.resolve(attempt.deadline);
    });
    expect(deadline).toBe(1_000 + 4_500);
  });
});
