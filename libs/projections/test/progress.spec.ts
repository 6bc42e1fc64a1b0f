import { beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM, keySequence, partitionOf, PARTITIONS, type Room } from '#domain';
import { type ConsumerLag, LogUnavailable } from '#event-store';
import { checkpointId, firstVersion, memoryReadModels, type ReadModels } from '#read-models';
import { type MemoryLog, MemoryLogServer } from '../../event-store/test/memory-log.js';
import { consumerStem } from '../src/engine/progress.js';
import { type CaughtUp, caughtUpWith, consumersOf, directory, placesOf, servedLag, timeline } from '../src/index.js';

const newKey = keySequence(Buffer.alloc(8));
const rooms = [GLOBAL_ROOM, clanRoom('1'), clanRoom('2')];

let server: MemoryLogServer;
let log: MemoryLog;
let readModels: ReadModels;
let isCaughtUp: CaughtUp;
beforeEach(() => {
  server = new MemoryLogServer();
  log = server.connect();
  readModels = memoryReadModels();
  isCaughtUp = caughtUpWith(log, timeline, readModels);
});

function say(room: Room = GLOBAL_ROOM): void {
  const messageId = newKey();
  const sender = { id: '1', name: 'Ada', avatar: null };
  const at = new Date().toISOString();
  server.append({ type: 'MessageCreated', room, id: `msg.${messageId}`, at, messageId, sender, content: 'x' });
}

/** A worker has folded these partitions up to there. */
async function fold(version: number, seq: number, partitions = Array.from({ length: PARTITIONS }, (_, i) => i)) {
  for (const partition of partitions) {
    const id = checkpointId('timeline', version, partition);
    const { epoch } = await readModels.checkpoints.claim(id, 'test');
    await readModels.checkpoints.save([{ id, epoch, seq, eventId: 'msg.x' }]);
  }
}

describe('a version of the timeline', () => {
  it('of a log that holds nothing is caught up, whether or not anybody folds it', async () => {
    expect(await isCaughtUp(1)).toBe(true);
  });

  it('is caught up once each partition holds what the log held when it was first asked about', async () => {
    for (const room of rooms) say(room);
    expect(await isCaughtUp(1)).toBe(false);
    const [last, ...others] = rooms.map(partitionOf);
    await fold(1, 3, others);
    expect(await isCaughtUp(1)).toBe(false);
    say(rooms[1]);
    await fold(1, 1, [last!]);
    expect(await isCaughtUp(1)).toBe(true);
  });

  it('is behind by one event', async () => {
    say();
    say();
    await fold(1, 1);
    expect(await isCaughtUp(1)).toBe(false);
    await fold(1, 2);
    expect(await isCaughtUp(1)).toBe(true);
  });

  it('is asked of each for itself', async () => {
    await fold(1, 0);
    expect(await isCaughtUp(1)).toBe(true);
    say();
    expect(await isCaughtUp(1)).toBe(true);
    expect(await isCaughtUp(2)).toBe(false);
    await fold(2, 1);
    expect(await isCaughtUp(2)).toBe(true);
  });

  it('is not known where the log does not answer, and is asked about anew', async () => {
    log.connection.gates.fail('lastSeq', new LogUnavailable('away'));
    await expect(isCaughtUp(1)).rejects.toThrow(LogUnavailable);
    say();
    expect(await isCaughtUp(1)).toBe(false);
  });

  it('has caught up where what it does not fold is all that it lacks', async () => {
    say();
    const isFolded = () => caughtUpWith(log, directory, readModels)(1);
    expect(await isFolded()).toBe(true);
    server.store({ room: GLOBAL_ROOM, kind: 'profile', id: 'profile.1', type: 'ProfileChanged', version: 1, body: '' });
    expect(await isFolded()).toBe(false);
  });
});

const consumer = (partition: number, epoch: number, pending = 0, owner: string | null = null): ConsumerLag => ({
  name: `${consumerStem('timeline-1', partition, owner)}${epoch}`,
  pending,
  acknowledged: 1,
  acknowledgedSeq: epoch * 10,
});

describe('the consumers of a version', () => {
  it('are found by their names, the highest epoch of each partition, whatever others there are', () => {
    const others = ['timeline-11-3-e9', 'timeline-1-3', 'timeline-1-3-e9-later', 'a-timeline-1-3-e9', 'count-e9'];
    const found = consumersOf('timeline-1', [
      ...[consumer(3, 9, 1), consumer(3, 10, 2), consumer(3, 8, 4), consumer(15, 1)],
      ...others.map((name) => ({ ...consumer(0, 0), name })),
    ]);
    expect([...found.keys()]).toEqual([3, 15]);
    expect(found.get(3)).toMatchObject({ name: 'timeline-1-3-e10', owner: null, epoch: 10, pending: 2 });
  });

  it('say whose memory they are for, whatever it is called', () => {
    const found = consumersOf('timeline-1', [consumer(3, 2, 0, 'host-1-e5'), consumer(4, 0, 0, '4')]);
    expect([...found].map(([partition, { owner, epoch }]) => [partition, owner, epoch])).toEqual([
      [3, 'host-1-e5', 2],
      [4, '4', 0],
    ]);
  });
});

describe('the places of a version', () => {
  it('are those of its checkpoints, with the consumer of whoever has the partition', async () => {
    const [held, waiting, left] = await Promise.all(
      [3, 4, 5].map((partition) => readModels.checkpoints.claim(checkpointId('timeline', 1, partition), 'one')),
    );
    await readModels.checkpoints.save([
      { id: checkpointId('timeline', 1, 3), epoch: held!.epoch, seq: 7, eventId: 'msg.x' },
    ]);
    const consumers = [consumer(3, held!.epoch, 2), consumer(4, waiting!.epoch - 1), consumer(6, left!.epoch)];
    const places = await placesOf(timeline, 1, readModels, consumers);
    expect(places.map(({ partition }) => partition)).toEqual(Array.from({ length: PARTITIONS }, (_, i) => i));
    expect(places[3]).toMatchObject({ owner: 'one', position: 7, epoch: held!.epoch, consumer: { pending: 2 } });
    const nothing = { position: 0, consumer: null };
    expect(places[4]).toEqual({ partition: 4, owner: 'one', epoch: waiting!.epoch, ...nothing });
    expect(places[5]).toEqual({ partition: 5, owner: 'one', epoch: left!.epoch, ...nothing });
    expect(places[6]).toEqual({ partition: 6, owner: null, epoch: 0, ...nothing });
  });

  it('are those of its consumers where the read models are in some memory', async () => {
    const places = await placesOf(timeline, 1, null, [consumer(3, 2, 5, 'host-1'), consumer(3, 1, 9, 'host-0')]);
    expect(places[3]).toMatchObject({
      partition: 3,
      owner: 'host-1',
      position: 20,
      epoch: 2,
      consumer: { pending: 5 },
    });
    expect(places[4]).toEqual({ partition: 4, owner: null, position: 0, epoch: 0, consumer: null });
  });
});

describe('the lag of the version that is served', () => {
  const lagWith = (...consumers: readonly ConsumerLag[]) => {
    const counted = { lastSeq: log.lastSeq.bind(log), consumers: () => Promise.resolve(consumers) };
    return servedLag(counted, timeline, readModels);
  };

  it('is not known where nobody has ever begun a version, or taken it on', async () => {
    expect(await lagWith(consumer(3, 1, 5))).toBeNull();
    await readModels.versions.replace('timeline', firstVersion(1, 1));
    expect(await lagWith()).toBeNull();
  });

  it('is what waits at the newest consumers of its partitions', async () => {
    await readModels.versions.replace('timeline', firstVersion(1, 1));
    expect(await lagWith(consumer(3, 1, 5), consumer(3, 2, 3), consumer(4, 2, 4))).toBe(7);
  });

  it('is none, or without bound, where there are no consumers to count it', async () => {
    await readModels.versions.replace('timeline', firstVersion(1, 1));
    await fold(1, 1, [partitionOf(GLOBAL_ROOM)]);
    say();
    expect(await lagWith()).toBe(0);
    say();
    expect(await lagWith()).toBe(Infinity);
  });
});
