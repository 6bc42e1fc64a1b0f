import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GLOBAL_ROOM } from '#domain';
import { EventLog, LogUnavailable } from '#event-store';
import { OwnServer } from '../../../libs/event-store/test/own-server.js';
import { conversation, MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl restore, interrupted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-restore-'));
  const servers: OwnServer[] = [];
  let many: SystemUnderTest;
  const [large, largeKeys] = [join(folder, 'large'), join(folder, 'large-keys')];

  beforeAll(async () => {
    many = await SystemUnderTest.create((await server()).url, true);
    const events = [...conversation(5_000)];
    while (events.length > 0) await Promise.all(events.splice(0, 2_000).map((event) => many.append(event)));
    expect(await many.chatctl('backup', large, '--keys', largeKeys)).toMatchObject({ status: 0 });
  }, 60_000);
  afterAll(async () => {
    await many.close();
    await Promise.all(servers.map((one) => one.remove()));
    rmSync(folder, { recursive: true, force: true });
  });

  const server = async (...more: string[]) => {
    const one = await OwnServer.start(...more);
    servers.push(one);
    return one;
  };

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'by %s leaves nothing that anybody uses, and is mended by the same again',
    async (signal) => {
      const config = join(folder, `${signal}.conf`);
      // So that it takes its time.
      writeFileSync(config, 'jetstream { sync_interval: always }');
      const empty = await server('-c', config);
      many.env['NATS_URL'] = empty.url;
      const name = many.env['EVENT_STREAM']!;
      const log = await EventLog.connect({
        ...{ servers: empty.url, stream: name, prefix: many.env['SUBJECT_PREFIX']!, name: 'backup test' },
      });
      const words = ['apps/chatctl/chatctl.mjs', 'restore', large, '--keys', largeKeys];
      const child = spawn(process.execPath, words, { env: { ...process.env, ...many.env } });
      let said = '';
      child.stderr.on('data', (text: Buffer) => (said += text.toString()));
      const ended = once(child, 'exit');
      const eventsOf = async () => (await log.backups.standing()).find((one) => one.name === name);
      await until('a part is there', async () => ((await eventsOf())?.messages ?? 0) > 100, 30_000);
      child.kill(signal);
      const [status] = (await ended) as [number | null];
      if (signal === 'SIGINT') expect([status, said]).toEqual([130, expect.stringContaining('used by nobody')]);
      expect(await eventsOf()).toMatchObject({ isWhole: false });
      await expect(log.append(posted(GLOBAL_ROOM, 'too early'))).rejects.toThrow(LogUnavailable);
      await expect(log.setUp()).rejects.toThrow(/being restored/);
      expect(await many.chatctl('backup', join(folder, 'of-a-part'), '--without-keys')).toMatchObject({ status: 2 });
      const { status: again, told, complaints } = await many.chatctl('restore', large, '--keys', largeKeys);
      expect([again, complaints]).toEqual([0, '']);
      expect(told).toContain(`${name} was left by a restore that was interrupted`);
      expect(await log.setUp()).toEqual([]);
      expect(await log.lastSeq()).toBe(await many.log.lastSeq());
      expect(await many.chatctl('restore', large, '--keys', largeKeys)).toMatchObject({ status: 2 });
      await log.close();
    },
    60_000,
  );
});
