import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JetStreamManager } from '@nats-io/jetstream';
import { GLOBAL_ROOM, type MessageCreated } from '#domain';
import { EventLog, LogUnavailable, OutcomeUnknown } from '../src/index.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { LogUnderTest, message } from './log-under-test.js';
import { OwnServer } from './own-server.js';
import { stopwatch } from './stopwatch.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function until(what: string, holds: () => Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Until the log takes no more. */
async function fill(log: EventLog): Promise<void> {
  const content = 'x'.repeat(4_000);
  for (;;) {
    const stored = await Promise.allSettled(
      Array.from({ length: 32 }, () => log.append(message(GLOBAL_ROOM, content))),
    );
    for (const outcome of stored)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LogUnavailable);
    if (stored.every(({ status }) => status === 'rejected')) return;
  }
}

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Config = Parameters<JetStreamManager['streams']['update']>[1];

async function change(test: LogUnderTest, config: Config, suffix = ''): Promise<void> {
  const stream = test.options.stream + suffix;
  await test.jetstream(async ({ streams }) => {
    await streams.update(stream, { ...(await streams.info(stream)).config, ...config });
  });
}

/** As a stream whose disk was full, which answers nothing until its server is started again. */
async function notAnswered(test: LogUnderTest, log: EventLog): Promise<MessageCreated> {
  await change(test, { no_ack: true });
  const event = message(GLOBAL_ROOM, 'not answered');
  await expect(log.append(event, { deadline: performance.now() + 2_100 })).rejects.toThrow(OutcomeUnknown);
  await change(test, { no_ack: false });
  expect(await log.hindrance()).toContain('restart it');
  return event;
}

describe('a log that takes no events', () => {
  it('says so at the limit of its stream, to who appends and to who does not, and says when it is over', async () => {
    const test = await LogUnderTest.create();
    stops.push(() => test.remove());
    const [writer, bystander] = [await test.open(), await test.open()];
    const said: (string | null)[] = [];
    writer.onHindrance((hindrance) => said.push(hindrance));
    expect(await writer.hindrance()).toBeNull();
    await change(test, { max_bytes: 500_000 });
    await fill(writer);
    for (const log of [writer, bystander]) expect(await log.hindrance()).toContain('is full: raise its max_bytes');
    await change(test, { max_bytes: -1 });
    for (const log of [writer, bystander]) await until('it is over', async () => (await log.hindrance()) === null);
    await writer.append(message(GLOBAL_ROOM, 'after'));
    expect(said).toEqual([expect.stringContaining('is full'), null]);
  });

  it("says so at the limit of JetStream's own storage", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-limit-'));
    stops.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const config = join(folder, 'nats-server.conf');
    writeFileSync(config, 'jetstream { max_file_store: 1MB }\n');
    const server = await OwnServer.start('--config', config);
    stops.push(() => server.remove());
    const test = await LogUnderTest.create(server.url);
    stops.push(() => test.closeAll());
    const [writer, bystander] = [await test.open(), await test.open()];
    await fill(writer);
    for (const log of [writer, bystander]) expect(await log.hindrance()).toContain('raise max_file_store');
    await server.kill();
    writeFileSync(config, 'jetstream { max_file_store: 1GB }\n');
    await server.start();
    for (const log of [writer, bystander]) await until('it is over', async () => (await log.hindrance()) === null);
    expect(await writer.append(message(GLOBAL_ROOM, 'after'))).toMatchObject({ duplicate: false });
  });

  it('says so where it answers no event, although all else is stored, until one is or its server is another', async () => {
    const test = await LogUnderTest.create();
    const proxy = await CuttableProxy.start(test.options.servers);
    stops.push(
      () => proxy.stop(),
      () => test.remove(),
    );
    const log = await test.open({ servers: proxy.url });
    const said: (string | null)[] = [];
    log.onHindrance((hindrance) => said.push(hindrance));
    const event = await notAnswered(test, log);
    // Which was looked up, not stored.
    expect(await log.append(event)).toMatchObject({ duplicate: true });
    await pass(2_100);
    // Asked twice: the first time may be answered by what was found before.
    for (let asked = 0; asked < 2; asked++) expect(await log.hindrance()).toContain('restart it');
    await pass(500);
    expect(await log.hindrance()).toContain('restart it');
    expect(said).toEqual([expect.stringContaining('restart it')]);
    await log.append(message(GLOBAL_ROOM, 'answered'));
    expect(await log.hindrance()).toBeNull();
    await notAnswered(test, log);
    proxy.cut();
    await until('the loss is noticed', async () => (await log.hindrance())?.includes('away') ?? false);
    proxy.mend();
    await until('it is over', async () => (await log.hindrance()) === null);
  });

  it('says so no longer than until somebody else has stored an event', async () => {
    const test = await LogUnderTest.create();
    stops.push(() => test.remove());
    const [log, other] = [await test.open(), await test.open()];
    await notAnswered(test, log);
    await other.append(message(GLOBAL_ROOM, 'answered'));
    await until('it is over', async () => (await log.hindrance()) === null);
  });

  it('does not answer with what was found long ago', async () => {
    const test = await LogUnderTest.create();
    stops.push(() => test.remove());
    const log = await test.open();
    await change(test, { max_msgs: 1 });
    await fill(log);
    expect(await log.hindrance()).toContain('is full');
    await change(test, { max_msgs: -1 });
    const now = performance.now.bind(performance);
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + 10_001);
    stops.push(() => {
      later.mockRestore();
    });
    expect(await log.hindrance()).toBeNull();
  });

  it('says which right is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-rights-'));
    stops.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const config = join(folder, 'nats-server.conf');
    const denied = ['$JS.API.STREAM.INFO.EVENTS', 'chat.trial'];
    const users = denied.map(
      (subject) => `{ user: "${subject}", password: few, permissions: { publish: { deny: ["${subject}"] } } }`,
    );
    writeFileSync(
      config,
      `jetstream {}\nauthorization { users: [{ user: all, password: few }, ${users.join(', ')}] }\n`,
    );
    const server = await OwnServer.start('--config', config);
    stops.push(() => server.remove());
    const open = async (user: string) => {
      const options = { servers: server.url, stream: 'EVENTS', prefix: 'chat', name: 'test' };
      const log = await EventLog.connect({ ...options, user, password: 'few' });
      stops.push(() => log.close());
      return log;
    };
    const all = await open('all');
    await all.setUp();
    expect(await all.hindrance()).toBeNull();
    const few = await Promise.all(denied.map((subject) => open(subject)));
    // The second time what was found is told, and tried anew beside.
    for (let asked = 0; asked < 2; asked++) {
      const hindrances = await Promise.all(few.map((log) => log.hindrance()));
      for (const [i, subject] of denied.entries()) {
        expect(hindrances[i]).toContain(`Permissions Violation for Publish to "${subject}"`);
      }
      await pass(2_100);
    }
  });

  it('says so where nothing beside is stored, soon, and then at once', async () => {
    const test = await LogUnderTest.create();
    stops.push(() => test.remove());
    const log = await test.open();
    await change(test, { no_ack: true }, '_TRIAL');
    for (const limitMs of [3_000, 1_000]) {
      const took = stopwatch();
      expect(await log.hindrance()).toContain('restart it');
      expect(took()).toBeLessThan(limitMs);
      // So old that it is tried anew, beside.
      if (limitMs > 1_000) await pass(2_100);
    }
    // Where events are stored, only what is beside them is broken.
    await log.append(message(GLOBAL_ROOM, 'stored'));
    await pass(3_100);
    expect(await log.hindrance()).toBeNull();
  });

  it('is not asked while events are stored', async () => {
    const test = await LogUnderTest.create();
    stops.push(() => test.remove());
    const log = await test.open();
    await log.append(message(GLOBAL_ROOM, 'stored'));
    await test.jetstream(({ streams }) => streams.delete(`${test.options.stream}_TRIAL`));
    expect(await log.hindrance()).toBeNull();
  });
});
