import { beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM, keySequence, partitionOf, PARTITIONS } from '#domain';
import { LogUnavailable } from '#event-store';
import { checkpointId, memoryReadModels, type ReadModels } from '#read-models';
import { type MemoryLog, MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { type CaughtUp, caughtUpWith } from '../src/feeds/caught-up.js';

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
  isCaughtUp = caughtUpWith(log, readModels);
});

function say(room = GLOBAL_ROOM): void {
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
});
