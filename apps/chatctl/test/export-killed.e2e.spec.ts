import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { dataBelow, filesBelow, firstDifference, linesOf, rowOf, rowsBelow } from './exported.js';
import { conversation, MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

// What becomes of an export whose process is killed, and of one that is taken while everything else goes on.

const program = 'apps/chatctl/chatctl.mjs';
const COUNT = 20_000;
const KILLS = 20;

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl export, in a process of its own', () => {
  let system: SystemUnderTest;
  const scratch = mkdtempSync(join(tmpdir(), 'parley-killed-'));
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    for (let i = 0; i < COUNT; i += 500) {
      await Promise.all(
        Array.from({ length: 500 }, (_, n) => system.append(posted(clanRoom(String(n % 9)), `${i + n}`))),
      );
    }
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(async () => {
    await system.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  const run = (...words: string[]) => {
    const child = spawn(process.execPath, [program, 'export', ...words], { env: { ...process.env, ...system.env } });
    children.push(child);
    const told = { out: '', err: '' };
    child.stdout.on('data', (text: Buffer) => (told.out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (told.err += text.toString()));
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return { child, told, ended };
  };
  it('killed at random and gone on with, equals one that was not, row by row', async () => {
    const dir = join(scratch, 'killed');
    const words = [dir, '--file-events', '500'];
    let killedWhileWriting = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // Each run has a few more files to write, and comes to a different one.
      const { child, ended } = run(...words, '--until', String((COUNT * (kill + 1)) / KILLS));
      const before = filesBelow(dir).join();
      await until('it has begun', () => filesBelow(dir).join() !== before || child.exitCode !== null, 30_000);
      await sleep(Math.random() * 12);
      child.kill('SIGKILL');
      if ((await ended) === null) killedWhileWriting++;
    }
    expect(killedWhileWriting).toBeGreaterThan(KILLS / 2);
    const { ended, told } = run(...words);
    expect([await ended, told.err]).toEqual([0, '']);
    expect(filesBelow(dir).filter((path) => path.endsWith('.part'))).toEqual([]);
    const whole = join(scratch, 'whole');
    expect((await system.chatctl('export', whole)).status).toBe(0);
    const rows = await rowsBelow(dir);
    expect(firstDifference(rows, await rowsBelow(whole))).toBeNull();
    expect(rows).toHaveLength(COUNT);
    expect(dataBelow(dir).length).toBeGreaterThanOrEqual(COUNT / 500);
  }, 180_000);

  it('holds each event exactly once, taken while people chat and a projection is rebuilt', async () => {
    const own = await SystemUnderTest.create();
    let chatting = Promise.resolve();
    const chat = { isOver: false };
    try {
      own.startBoth();
      for (const event of conversation(100)) await own.append(event);
      await own.folded();
      const [followed, nightly] = [join(scratch, 'followed'), join(scratch, 'nightly')];
      const following = own.chatctl('export', followed, '--follow', '--every', '1s', '--file-events', '300');
      let said = 0;
      chatting = (async () => {
        while (!chat.isOver) {
          await Promise.all(Array.from({ length: 20 }, () => own.append(posted(GLOBAL_ROOM, `said ${said++}`))));
          await sleep(50);
        }
      })();
      const rebuilding = own.chatctl('rebuild', 'timeline');
      for (let night = 0; night < 5; night++) expect((await own.chatctl('export', nightly)).status).toBe(0);
      const { status, complaints } = await rebuilding;
      expect([status, complaints]).toEqual([0, '']);
      chat.isOver = true;
      await chatting;
      const all = await linesOf(own.log);
      await until('it has followed', () =>
        dataBelow(followed)
          .at(-1)!
          .includes(`-${String(all.length).padStart(15, '0')}`),
      );
      own.interruption.abort();
      expect((await following).status).toBe(0);
      own.interruption = new AbortController();
      expect((await own.chatctl('export', nightly)).status).toBe(0);
      for (const dir of [followed, nightly]) expect(firstDifference(await rowsBelow(dir), all.map(rowOf))).toBeNull();
      expect(dataBelow(nightly).length).toBeGreaterThan(2);
    } finally {
      chat.isOver = true;
      own.interruption.abort();
      await chatting;
      await own.close();
    }
  }, 120_000);

  it('ended by Ctrl-C keeps what it has, and says that it is not all', async () => {
    const dir = join(scratch, 'interrupted');
    const { child, ended, told } = run(dir, '--file-events', '500');
    await until('it has begun', () => filesBelow(dir).some((path) => path.endsWith('.parquet')), 30_000);
    child.kill('SIGINT');
    const status = await ended;
    // It may have been quicker.
    expect([0, 130]).toContain(status);
    expect(told.err).toBe('');
    expect((await system.chatctl('export', dir)).status).toBe(0);
    expect((await rowsBelow(dir)).map(({ seq }) => Number(seq))).toEqual(
      Array.from({ length: COUNT }, (_, i) => i + 1),
    );
  });
});
