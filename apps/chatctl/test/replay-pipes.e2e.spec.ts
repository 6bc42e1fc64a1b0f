import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { clanRoom, type EventLine, GLOBAL_ROOM } from '#domain';
import { CuttableProxy } from '../../../libs/event-store/test/cuttable-proxy.js';
import { ask } from '../../../libs/event-store/test/raw-nats.js';
import { MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

// What becomes of a replay whose reader, or whose log, is not always there: a process of its own, and a log that is many
// times what is fetched of it at once.

const program = 'apps/chatctl/chatctl.mjs';
const COUNT = 40_000;
const inOrder = Array.from({ length: COUNT }, (_, i) => i + 1);

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl replay, read by another process', () => {
  let system: SystemUnderTest;

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    const text = 'x'.repeat(300);
    for (let i = 0; i < COUNT; i += 1_000) {
      await Promise.all(Array.from({ length: 1_000 }, () => system.append(posted(GLOBAL_ROOM, text))));
    }
  });
  afterAll(() => system.close());
  const children: ChildProcess[] = [];
  const proxies: CuttableProxy[] = [];
  afterEach(async () => {
    // One that is left over would be waited for.
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  });

  const run = (env: NodeJS.ProcessEnv, ...words: string[]) => {
    const child = spawn(process.execPath, [program, 'replay', ...words], { env: { ...process.env, ...env } });
    children.push(child);
    const ended = once(child, 'close').then(([code]) => code as number | null);
    const told = { out: '', err: '' };
    child.stderr.on('data', (text: Buffer) => (told.err += text.toString()));
    const read = () => child.stdout.on('data', (text: Buffer) => (told.out += text.toString()));
    return { child, ended, told, read };
  };
  const seqsIn = (out: string) =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as EventLine).seq);
  /** How many records the server has handed out to each consumer there is. */
  const handedOut = async () => {
    interface Answer {
      readonly consumers?: readonly { readonly delivered: { readonly consumer_seq: number } }[] | null;
    }
    const subject = `$JS.API.CONSUMER.LIST.${system.env['EVENT_STREAM']}`;
    const { consumers } = await ask<Answer>(system.env['NATS_URL']!, subject, '{}');
    return (consumers ?? []).map(({ delivered }) => delivered.consumer_seq);
  };

  it('ends quietly when who reads it has enough', async () => {
    const env = { ...process.env, ...system.env };
    const command = `"${process.execPath}" ${program} replay | head -n 3; echo "status $\{PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command], { env });
    const lines = stdout.split('\n');
    expect(seqsIn(`${lines.slice(0, 3).join('\n')}\n`)).toEqual([1, 2, 3]);
    expect([lines.slice(3), stderr]).toEqual([['status 0', ''], '']);
    await until('its consumer is gone', async () => (await handedOut()).length === 0);
  });

  it('ends quietly also where it waits for more', async () => {
    const { child, ended, told } = run(system.env, '--follow', '--from', '1s', '--room', 'clan:noise');
    child.stdout.destroy();
    await until('it noticed', async () => {
      if (child.exitCode !== null) return true;
      await system.append(posted(clanRoom('noise'), 'anybody there?'));
      return false;
    });
    expect([await ended, told.err]).toEqual([0, '']);
  });

  it('fetches no more than is taken of it', async () => {
    const { child, ended, told, read } = run(system.env, '--room', 'global');
    await until('it has begun', async () => (await handedOut()).some((count) => count > 0));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await handedOut()).toEqual([expect.any(Number)]);
    expect((await handedOut())[0]).toBeLessThan(COUNT / 2);
    expect(child.exitCode).toBeNull();
    read();
    expect([await ended, told.err]).toEqual([0, '']);
    expect(seqsIn(told.out)).toEqual(inOrder);
  });

  it('goes on where it was when the connection is cut, each event once and in order', async () => {
    const proxy = await CuttableProxy.start(system.env['NATS_URL']!);
    proxies.push(proxy);
    const { child, ended, told, read } = run({ ...system.env, NATS_URL: proxy.url }, '--room', 'global');
    let cuts = 0;
    const connections: number[] = [];
    read();
    child.stdout.on('data', () => {
      // In the middle of it, several times.
      if (cuts === 3 || told.out.length < (cuts + 1) * 500_000) return;
      cuts++;
      connections.push(proxy.connections);
      proxy.cut();
      setTimeout(() => {
        proxy.mend();
      }, 400);
    });
    expect([await ended, told.err]).toEqual([0, '']);
    // One of them of the thread that reads.
    expect([cuts, connections[0]]).toEqual([3, 2]);
    expect(seqsIn(told.out)).toEqual(inOrder);
  });

  it('says how far it came where the connection does not come back', async () => {
    const proxy = await CuttableProxy.start(system.env['NATS_URL']!);
    proxies.push(proxy);
    const { child, ended, told, read } = run({ ...system.env, NATS_URL: proxy.url }, '--room', 'global');
    read();
    child.stdout.once('data', () => {
      proxy.cut();
    });
    expect(await ended).toBe(2);
    const last = seqsIn(told.out).at(-1)!;
    expect(last).toBeLessThan(COUNT);
    expect(told.err).toContain(`all up to event ${last} is told, go on with --from ${last + 1}`);
  });
});
