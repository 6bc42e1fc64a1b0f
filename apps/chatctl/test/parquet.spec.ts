import { describe, expect, it } from '@jest/globals';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { zstdDecompressSync } from 'node:zlib';
import type { EventLine, Room } from '#domain';
import { columnsOf } from '../src/columns/columns.js';
import { Bytes, packBits } from '../src/export/bytes.js';
import { ParquetRows } from '../src/export/parquet.js';
import { firstDifference, rowOf } from './exported.js';

const compressors = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdDecompressSync(bytes) };

/** Messages among which some have what others lack; `n` of them. */
function* linesOf(count: number): Generator<EventLine> {
  for (let seq = 1; seq <= count; seq++) {
    const time = new Date(1_700_000_000_000 + seq * 977).toISOString();
    yield {
      ...{ seq: seq + 2 ** 33, at: time, type: 'MessageCreated', version: 2, room: `clan:${seq % 300}` as Room },
      ...{
        storedAt: time,
        id: `msg.${seq}`,
        sender: { id: String(seq % 77), name: seq % 3 ? 'Ada 👍' : null, avatar: null },
      },
      // Texts that come again in the first thousand, and no more from then on; many nulls; what is never there.
      content: seq < 1_500 ? 'again' : `text ${seq}`,
      ...(seq % 5 === 0 && { feeling: seq % 2 ? '' : 'happy' }),
      ...(seq % 7 === 0 && { erased: true }),
      ...(seq % 1_000 === 0 && { n: seq, blockers: ['a', 'b'] }),
    };
  }
}

async function writtenAndRead(lines: readonly EventLine[]) {
  const rows = new ParquetRows(columnsOf());
  const parts: Uint8Array[] = [];
  for (const line of lines) {
    rows.add(line);
    const part = rows.take();
    if (part) parts.push(part);
  }
  parts.push(rows.end({ key: 'välue' }));
  const file = Uint8Array.from(Buffer.concat(parts)).buffer;
  return { metadata: parquetMetadata(file), rows: await parquetReadObjects({ file, compressors }) };
}

describe('Parquet', () => {
  it.each([0, 1, 8, 999, 1_000, 1_001])('of %d events is read as they are', async (count) => {
    const lines = [...linesOf(count)];
    const { rows, metadata } = await writtenAndRead(lines);
    expect(firstDifference(rows, lines.map(rowOf))).toBeNull();
    expect(metadata.key_value_metadata).toEqual([{ key: 'key', value: 'välue' }]);
    expect(Number(metadata.num_rows)).toBe(count);
  });

  it('of more events than are encoded together is read as they are, and knows its bounds', async () => {
    const lines = [...linesOf(60_001)];
    const { rows, metadata } = await writtenAndRead(lines);
    expect(firstDifference(rows, lines.map(rowOf))).toBeNull();
    expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([50_000, 10_001]);
    const [first, last] = metadata.row_groups.map(({ columns }) => columns[0]!.meta_data!.statistics!);
    expect([first!.min_value, first!.max_value]).toEqual([BigInt(lines[0]!.seq), BigInt(lines[49_999]!.seq)]);
    expect(last!.max_value).toBe(BigInt(lines.at(-1)!.seq));
  }, 20_000);
});

describe('bits', () => {
  it('are packed lowest first, in whole groups of eight', () => {
    expect([...packBits(Uint16Array.of(0, 1, 2, 3, 4, 5, 6, 7), 3)]).toEqual([3, 0x88, 0xc6, 0xfa]);
    expect([...packBits(Uint16Array.of(1), 1)]).toEqual([3, 1]);
    expect([...packBits(Uint16Array.of(0x7fff, 0), 15)].slice(0, 5)).toEqual([3, 0xff, 0x7f, 0, 0]);
    expect(packBits(Uint16Array.of(1, 2), 15)).toHaveLength(16);
  });

  it('that are not set are 0, also where others were before', () => {
    const bytes = new Bytes();
    bytes.setBit(3);
    bytes.clear();
    bytes.setBit(9);
    expect([...bytes.copy()]).toEqual([0, 2]);
  });
});
