import { describe, expect, it } from '@jest/globals';
import { GLOBAL_ROOM, partitionOf } from '#domain';
import { type FollowOptions, type LogRecord, seqOfLast } from '../src/index.js';

const END = 3_000_000;
const at = '2026-01-31T12:00:00.000Z';

const record = (seq: number, senderId: string): LogRecord => {
  const sender = { id: senderId, name: 'Ada', avatar: null };
  const body = JSON.stringify({ id: `msg.${seq}`, at, messageId: String(seq).padStart(24, '0'), sender, content: '' });
  const place = { room: GLOBAL_ROOM, partition: partitionOf(GLOBAL_ROOM), kind: 'msg' };
  return { seq, ...place, id: `msg.${seq}`, type: 'MessageCreated', version: 1, body, at: Date.parse(at) };
};

/** A log in which somebody said something at some sequences; that it was read from one to another is kept. */
class SparseLog {
  readonly read: (readonly [from: number, until: number])[] = [];

  constructor(private readonly seqs: readonly number[]) {}

  lastSeq(): Promise<number> {
    return Promise.resolve(END);
  }

  async *readAllowed({ from = 1, until = END, signal }: FollowOptions = {}) {
    this.read.push([from, until]);
    if (signal?.aborted) return;
    const meant = this.seqs.filter((seq) => seq >= from && seq <= until);
    yield await Promise.resolve([...meant.map((seq) => record(seq, '7')), record(until, '8')]);
  }
}

const looked = async (seqs: readonly number[], count: number) => {
  const log = new SparseLog(seqs);
  return { seq: await seqOfLast(log, { user: '7' }, { count, end: END }), read: log.read };
};

describe('where the last events of a selection begin', () => {
  it('is found further and further back, and nothing is read twice', async () => {
    const seqs = [END - 500_000, END - 100_000, END - 50_000, END - 10];
    const { seq, read } = await looked(seqs, 3);
    expect(seq).toBe(END - 100_000);
    expect(read[0]).toEqual([END - 11, END]);
    for (const [i, [from]] of read.entries()) if (i + 1 < read.length) expect(read[i + 1]![1]).toBe(from - 1);
    expect((await looked(seqs, 1)).seq).toBe(END - 10);
  });

  it('is no more than a million sequences back', async () => {
    const lowest = END - 1_000_000 + 1;
    const { seq, read } = await looked([lowest - 1, lowest, END - 3], 3);
    expect([seq, read.at(-1)![0]]).toEqual([lowest, lowest]);
    expect((await looked([lowest - 1], 3)).seq).toBe(END + 1);
  });

  it('is no longer looked for once nobody asks', async () => {
    const log = new SparseLog([]);
    const signal = AbortSignal.abort(new Error('nobody asks'));
    await expect(seqOfLast(log, { user: '7' }, { count: 1, end: END, signal })).rejects.toThrow('nobody asks');
    expect(log.read.length).toBeLessThan(2);
  });
});
