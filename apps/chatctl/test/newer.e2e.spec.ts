import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, partitionOf } from '#domain';
import { versionName } from '#read-models';
import { store } from '../../../libs/event-store/test/raw-nats.js';
import { MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

const PARTITION = partitionOf(GLOBAL_ROOM);

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl, where the log has an event of a newer release', () => {
  let system: SystemUnderTest;

  beforeEach(async () => {
    system = await SystemUnderTest.create();
    await system.append(posted(GLOBAL_ROOM, 'before'));
    const { NATS_URL = '', SUBJECT_PREFIX } = system.env;
    const headers = { 'Nats-Msg-Id': 'global/msg.newer', 'Parley-Type': 'MessageCreated', 'Parley-Version': '3' };
    await store(NATS_URL, `${SUBJECT_PREFIX}.ev.${PARTITION}.global.msg`, headers, '{"said":"otherwise"}');
    await system.append(posted(GLOBAL_ROOM, 'after'));
  });

  afterEach(async () => {
    await system.close();
  });

  const id = `timeline-1:${PARTITION}`;
  const position = async () => (await system.readModels.checkpoints.read([id])).get(id)?.seq;

  it('verifies what is folded before it, and refuses where a newer one has folded on', async () => {
    const runner = system.start('one');
    await until('it waits', async () => runner.newer.length > 0 && (await position()) === 1);
    expect((await system.chatctl('verify', '--projection', 'timeline')).status).toBe(0);
    await system.stopWorkers();
    const [epoch, last] = [
      (await system.readModels.checkpoints.claim(id, 'newer')).epoch,
      await system.log.recordAt(3),
    ];
    await system.readModels.checkpoints.save([{ id, epoch, seq: 3, eventId: last!.id }]);
    const { status, complaints } = await system.chatctl('verify', '--projection', 'timeline');
    expect([status, complaints]).toEqual([
      2,
      'chatctl: event 2 is of a newer release, MessageCreated version 3: ask that one\n',
    ]);
  });

  it('rebuilds nothing, unless what it cannot read is to be set aside', async () => {
    const runner = system.start('one');
    await until('it waits', async () => runner.newer.length > 0 && (await position()) === 1);
    const refused = await system.chatctl('rebuild', 'timeline');
    expect([refused.status, refused.complaints]).toEqual([
      2,
      'chatctl: event 2 is of a newer release, MessageCreated version 3: rebuild with that one. ' +
        'What is built is kept for it\n',
    ]);
    system.env['NEWER_EVENTS'] = 'dead-letters';
    const { status, out } = await system.chatctl('rebuild', 'timeline');
    expect([status, out]).toEqual([0, expect.stringContaining(`${versionName('timeline', 2)} is served: 1 events`)]);
    expect(await system.chatctl('verify', '--projection', 'timeline')).toMatchObject({ status: 0 });
  });
});
