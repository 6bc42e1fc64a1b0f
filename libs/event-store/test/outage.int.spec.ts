import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, joinClan, type MembershipEvent, partitionOf, userRoom, RetryableError } from '#domain';
import { EventLog, LogUnavailable, OutcomeUnknown } from '../src/index.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { all, LogUnderTest, message, nextKey } from './log-under-test.js';
import { OwnServer } from './own-server.js';
import { stopwatch } from './stopwatch.js';

let server: OwnServer;
let test: LogUnderTest;
let log: EventLog;

beforeAll(async () => {
  server = await OwnServer.start();
  test = await LogUnderTest.create(server.url);
  log = await test.open();
});
afterAll(async () => {
  await test.closeAll();
  await server.remove();
});

const until = async (condition: () => boolean | Promise<boolean>) => {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 500) throw new Error('did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** How long it takes to be refused, in ms. */
async function refusal(
  attempt: () => Promise<unknown>,
  as: typeof LogUnavailable | typeof OutcomeUnknown = LogUnavailable,
): Promise<number> {
  const took = stopwatch();
  await expect(attempt()).rejects.toThrow(as);
  return took();
}

/** More than may be unanswered at a time: the last ones are not even sent. */
const SENT = 512;
const flood = () => Array.from({ length: SENT + 100 }, (_, i) => message(GLOBAL_ROOM, String(i)));
const expectedOutcomes = [...Array<string>(SENT).fill('OutcomeUnknown'), ...Array<string>(100).fill('LogUnavailable')];

/** The names of the errors that each of them ends with, or what it is answered with. */
const outcomesOf = async (appended: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(appended)).map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as Error).name : outcome.value,
  );

const storedIds = async () => new Set((await all(log.read())).map(({ id }) => id));

describe('NATS that is away', () => {
  it('refuses within 5 s, whatever is asked, and goes on by itself', async () => {
    await log.append(message(GLOBAL_ROOM, 'before'));
    const phases: string[] = [];
    const heard: string[] = [];
    log.live.onInterrupted((phase) => phases.push(phase));
    log.live.subscribeToRoom(GLOBAL_ROOM, (text) => heard.push(text));
    const partition = partitionOf(GLOBAL_ROOM);
    const names = { deleteOthersWithPrefix: 'timeline-e', partition };
    const consumer = await log.consume({ ...names, name: 'timeline-e1', from: 2 });
    const next = consumer.next();

    await server.kill();
    await until(() => !log.connected);
    expect(await next).toBe('lost');
    const asked = [
      () => log.append(message(GLOBAL_ROOM, 'refused')),
      () => log.decide(GLOBAL_ROOM, 'chat', () => ({ event: null })),
      () => log.last(GLOBAL_ROOM, 'msg'),
      () => log.at(1),
      () => log.state(),
      () => log.setUp(),
      () => all(log.read()),
      () => log.consume({ ...names, name: 'timeline-e2', from: 1 }),
      () => log.letters.put({ projection: 'timeline', partition, seq: 1, reason: 'x' }),
      () => log.live.flush(),
      () => log.live.ask('presence', '', 100),
      () => test.open(),
    ];
    for (const took of await Promise.all(asked.map((ask) => refusal(ask)))) expect(took).toBeLessThan(5_000);
    log.live.publishToRoom(GLOBAL_ROOM, 'missed');

    await server.start();
    await until(() => log.connected);
    expect(phases).toEqual(['lost', 'back']);
    const after = await retried(() => log.append(message(GLOBAL_ROOM, 'after')));
    expect(after).toEqual({ seq: 2, duplicate: false });
    const again = await log.consume({ ...names, name: 'timeline-e2', from: 2 });
    expect(await again.next()).toMatchObject([{ seq: 2 }]);
    await again.close();
    log.live.publishToRoom(GLOBAL_ROOM, 'heard');
    await log.live.flush();
    await until(() => heard.length > 0);
    expect(heard).toEqual(['heard']);
  });

  it('rejects what is in flight at the moment of the loss, and a retry with the same id is one event', async () => {
    const events = Array.from({ length: 2_000 }, (_, i) => message(GLOBAL_ROOM, String(i)));
    const outcomes = events.map((event) => log.append(event));
    const settled = Promise.allSettled(outcomes);
    await outcomes[600];
    await server.pause();
    const took = stopwatch();
    await server.kill();
    const lost = (await settled).filter(({ status }) => status === 'rejected');
    expect(took()).toBeLessThan(2_000);
    expect(lost.length).toBeGreaterThan(0);
    for (const outcome of lost) expect(outcome).toMatchObject({ reason: expect.any(RetryableError) });
    await server.start();
    for (const event of events) await retried(() => log.append(event));
    const stored = (await all(log.read())).map(({ id }) => id);
    for (const { id } of events) expect(stored.filter((other) => other === id)).toHaveLength(1);
  });

  it('says of each event whether it may be stored or certainly is not', async () => {
    await retried(() => log.state());
    await server.pause();
    const events = flood();
    const outcomes = outcomesOf(events.map((event) => log.append(event)));
    await server.kill();
    expect(await outcomes).toEqual(expectedOutcomes);
    await server.start();
    await until(() => log.connected);
    const stored = await retried(storedIds);
    for (const { id } of events.slice(SENT)) expect(stored).not.toContain(id);
  });

  it('is waited for by a reading, which then goes on without a hole', async () => {
    const { lastSeq } = await log.state();
    const seqs: number[] = [];
    for await (const { seq } of log.read()) {
      seqs.push(seq);
      if (seq !== 100) continue;
      await server.kill();
      setTimeout(() => void server.start(), 300);
    }
    expect(seqs).toEqual(Array.from({ length: lastSeq }, (_, i) => i + 1));
  });
});

describe('NATS that hangs', () => {
  it('is given up within 5 s, noticed within 4, and stores what has reached it when it goes on', async () => {
    await retried(() => log.state());
    const name = 'hanging-e1';
    const consumer = await log.consume({ name, deleteOthersWithPrefix: name, partition: 0, from: 1_000_000 });
    const next = consumer.next();
    const flooded = await test.open();
    const lost = new Promise<void>((resolve) => {
      const stop = log.live.onInterrupted(() => {
        stop();
        resolve();
      });
    });
    await server.pause();
    const noticed = lost.then(stopwatch());
    const events = flood();
    try {
      const outcomes = outcomesOf(events.map((event) => flooded.append(event)));
      const asked = [() => log.last(GLOBAL_ROOM, 'msg'), () => log.live.flush(), () => EventLog.connect(test.options)];
      const sent = refusal(() => log.append(message(GLOBAL_ROOM, 'hangs')), OutcomeUnknown);
      const soon = { deadline: performance.now() + 1_000 };
      const hurried = [
        refusal(() => log.append(message(GLOBAL_ROOM, 'in a hurry'), soon), OutcomeUnknown),
        refusal(() => flooded.append(message(GLOBAL_ROOM, 'in a hurry, not even sent'), soon)),
      ];
      for (const took of await Promise.all([sent, ...asked.map((ask) => refusal(ask))])) {
        expect(took).toBeLessThan(5_000);
      }
      expect(await noticed).toBeLessThan(4_000);
      for (const took of await Promise.all(hurried)) expect(took).toBeLessThan(2_000);
      expect(await outcomes).toEqual(expectedOutcomes);
      expect(await next).toBe('lost');
    } finally {
      server.resume();
    }
    await retried(() => log.append(message(GLOBAL_ROOM, 'goes on')));
    // Of what is unknown some was stored, and the same again tells it; what was refused was not.
    expect(await retried(() => flooded.append(events[0]!))).toMatchObject({ duplicate: true });
    const stored = await storedIds();
    const kept = events.filter(({ id }) => stored.has(id));
    expect(kept.length).toBeLessThanOrEqual(SENT);
    expect(kept).toEqual(events.slice(0, kept.length));
  });
});

describe('an answer that is lost', () => {
  const joining = (userId: string) => {
    const command = { key: nextKey(), at: new Date().toISOString(), userId, clanId: '7' };
    return (proxy: CuttableProxy, through: EventLog, decided: () => void = () => undefined) =>
      through.decide<MembershipEvent>(userRoom(userId), 'member', () => {
        decided();
        proxy.loseAnswers();
        return joinClan(command, null);
      });
  };
  const isStored = async (userId: string) => (await log.last(userRoom(userId), 'member')) !== null;

  it('is looked up once the connection is back; where that says nothing either, the outcome is unknown', async () => {
    await until(() => log.connected);
    const people = ['found', 'mute', 'cut off'];
    const proxies = await Promise.all(people.map(() => CuttableProxy.start(server.url)));
    const logs = await Promise.all(proxies.map(({ url: servers }) => test.open({ servers })));
    let decisions = 0;
    const [finding, ...losing] = people.map((userId, i) => joining(userId)(proxies[i]!, logs[i]!, () => decisions++));
    const unknown = Promise.all(losing.map((outcome) => refusal(() => outcome, OutcomeUnknown)));
    await until(async () => (await Promise.all(people.map(isStored))).every(Boolean));
    const [found, , cutOff] = proxies;
    for (const proxy of [found, cutOff]) proxy!.cut();
    // For longer than an append is sent again by itself.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    logs[2]!.live.onInterrupted((phase) => {
      if (phase === 'back') cutOff!.hold();
    });
    for (const proxy of [found, cutOff]) proxy!.mend();
    expect(await finding).toMatchObject({ event: await log.last(userRoom('found'), 'member'), last: null });
    expect(decisions).toBe(3);
    for (const took of await unknown) expect(took).toBeLessThan(5_000);
    await test.closeAll();
    log = await test.open();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });
});

describe('a server that asks who is there', () => {
  it('takes the user and password given, and is unavailable to any other', async () => {
    const guarded = await OwnServer.start('--user', 'parley', '--pass', 'right');
    const options = { ...test.options, servers: guarded.url };
    const allowed = await EventLog.connect({ ...options, user: 'parley', password: 'right' });
    expect(await allowed.setUp()).toEqual([]);
    await allowed.close();
    expect(await refusal(() => EventLog.connect({ ...options, user: 'parley', password: 'wrong' }))).toBeLessThan(
      5_000,
    );
    expect(await refusal(() => EventLog.connect(options))).toBeLessThan(5_000);
    await guarded.remove();
  });
});

describe('closing', () => {
  it('lets what is under way come to its end', async () => {
    await until(() => log.connected);
    const closing = await test.open();
    const appended = Promise.all(Array.from({ length: 600 }, (_, i) => closing.append(message(GLOBAL_ROOM, `${i}`))));
    await closing.close();
    expect(await appended).toHaveLength(600);
    await expect(closing.append(message(GLOBAL_ROOM, 'late'))).rejects.toThrow(LogUnavailable);
    await closing.close();
  });

  it('ends what waits for records', async () => {
    const closing = await test.open();
    const name = 'closing-e1';
    const consumer = await closing.consume({ name, deleteOthersWithPrefix: name, partition: 0, from: 1_000_000 });
    const next = consumer.next();
    await closing.close();
    expect(await next).toBe('lost');
  });
});

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RetryableError) || tries > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
