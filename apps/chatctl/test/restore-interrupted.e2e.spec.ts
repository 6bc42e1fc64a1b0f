import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GLOBAL_ROOM } from '#domain';
import { EventLog, LogUnavailable } from '#event-store';
import { OwnServer } from '../../../libs/event-store/test/own-server.js';
import { rawNats } from '../../../libs/event-store/test/raw-nats.js';
import { conversation, MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl restore, interrupted or not alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-restore-'));
  const servers: OwnServer[] = [];
  let many: SystemUnderTest;
  const [large, largeKeys] = [join(folder, 'large'), join(folder, 'large-keys')];

  beforeAll(async () => {
    many = await SystemUnderTest.create((await server()).url, true);
    const events = [...conversation(5_000)];
    while (events.length > 0) await Promise.all(events.splice(0, 2_000).map((event) => many.append(event)));
    expect(await many.chatctl('backup', large, '--keys', largeKeys)).toMatchObject({ status: 0 });
  });
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

  /** An empty one, which chatctl works on from then on, and which takes its time. */
  const slowServer = async () => {
    const config = join(folder, 'slow.conf');
    writeFileSync(config, 'jetstream { sync_interval: always }');
    const { url } = await server('-c', config);
    many.env['NATS_URL'] = url;
    const name = many.env['EVENT_STREAM']!;
    const prefix = many.env['SUBJECT_PREFIX']!;
    return { url, name, log: await EventLog.connect({ servers: url, stream: name, prefix, name: 'backup test' }) };
  };
  const aPartOf = (log: EventLog, name: string) =>
    until(
      'a part is there',
      async () => ((await log.backups.standing()).find((one) => one.name === name)?.messages ?? 0) > 100,
      30_000,
    );

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'by %s leaves nothing that anybody uses, and is mended by the same again',
    async (signal) => {
      const { log, name } = await slowServer();
      const words = ['apps/chatctl/chatctl.mjs', 'restore', large, '--keys', largeKeys];
      const child = spawn(process.execPath, words, { env: { ...process.env, ...many.env } });
      let said = '';
      child.stderr.on('data', (text: Buffer) => (said += text.toString()));
      const ended = once(child, 'exit');
      const eventsOf = async () => (await log.backups.standing()).find((one) => one.name === name);
      await aPartOf(log, name);
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
  );

  it('deletes nothing but its own where it fails', async () => {
    const { url, name, log } = await slowServer();
    // As `nats stream backup` leaves it, without checksums: only at its end does it show that an event is missing.
    const short = join(folder, 'short');
    cpSync(large, short, { recursive: true });
    rmSync(join(short, 'parley.json'));
    const meta = join(short, name, 'backup.json');
    const { config, state } = JSON.parse(readFileSync(meta, 'utf8')) as { config: object; state: { messages: number } };
    writeFileSync(meta, JSON.stringify({ config, state: { ...state, messages: state.messages + 1 } }));
    const restored = many.chatctl('restore', short, '--without-keys');
    await aPartOf(log, name);
    // A role that was started all the same makes what it misses.
    const nats = await rawNats(url);
    await nats.jetstream.streams.add({ name: `${name}_TRIAL`, subjects: ['of.a.role'] });
    await nats.store('of.a.role', 'something', {});
    await nats.close();
    const { status, complaints } = await restored;
    expect([status, complaints]).toEqual([2, expect.stringMatching(/damaged: .* Nothing of it is left in NATS/s)]);
    expect(await log.backups.standing()).toEqual([
      { name: `${name}_TRIAL`, messages: 1, restoring: null, isWhole: true },
    ]);
    await log.close();
  });

  it('is refused while another one is at it, which goes on', async () => {
    const { name, log } = await slowServer();
    const first = many.chatctl('restore', large, '--keys', largeKeys);
    await aPartOf(log, name);
    const { status, complaints } = await many.chatctl('restore', large, '--keys', largeKeys);
    expect([status, complaints]).toEqual([2, expect.stringMatching(/another `chatctl restore` is at work/)]);
    expect(await first).toMatchObject({ status: 0, complaints: '' });
    expect(await log.setUp()).toEqual([]);
    expect(await log.lastSeq()).toBe(await many.log.lastSeq());
    await log.close();
  });
});
