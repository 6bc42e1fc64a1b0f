import { describe, expect, it } from '@jest/globals';
import { clanRoom, type DomainEvent, encodeEvent, GLOBAL_ROOM, partitionOf, partitionRoom, type Room } from '#domain';
import type { LogRecord } from '#event-store';
import { type Document, type DocumentStore, gapId, memoryReadModels } from '#read-models';
import {
  collectionsOf,
  type MessageDocument,
  type Projection,
  projections,
  Replay,
  replay,
  timeline,
} from '../src/index.js';
import { type CachedHead, foldRound } from '../src/engine/round.js';
import { SWEPT_TOGETHER } from '../src/engine/sweep.js';

const messageOf = (room: Room, name: string): DomainEvent => {
  const messageId = Buffer.from(name.padEnd(12, '.')).toString('hex');
  return {
    ...{ type: 'MessageCreated', room, id: `msg.${messageId}`, at: '2026-01-02T03:04:05.678Z', messageId },
    ...{ sender: { id: '1', name: 'Ada', avatar: null }, content: name },
  };
};
const recordOf = (event: DomainEvent, seq: number): LogRecord => {
  const { type, version, room, body } = encodeEvent(event);
  return { seq, partition: partitionOf(room), room, kind: 'msg', id: event.id, type, version, body, at: 0 };
};
const records = (room: Room, ...names: string[]) => names.map((name, i) => recordOf(messageOf(room, name), i + 1));

interface Named extends Document {
  readonly topic: string;
  readonly times: number;
}

/** Made up: counts how often each thing was said in a room, and everything that was said there in its head. */
const counting: Projection<string> = {
  ...{ name: 'counting', format: 1, kinds: undefined, heads: 'rooms', sweep: null },
  without: (_collection, document) => document,
  collections: [{ name: 'said', index: 'topic' }, { name: 'rooms' }],
  needs: (event) => {
    const { content } = event as { content: string };
    if (content === 'unwanted') throw new Error('nobody wants to hear it');
    return [
      { collection: 'rooms', id: event.room },
      { collection: 'said', value: content },
      { collection: 'said', id: `${event.room} ${content}` },
    ];
  },
  fold: (view, event) => {
    const { content, room, seq } = event as { content: string; room: Room; seq: number };
    if (content === 'unheard of') throw new Error('it cannot be');
    const said = view.get('said', `${room} ${content}`) as Named | null;
    const anywhere = view.find('said', content) as Named | null;
    const inRoom = view.get('rooms', room) as Named | null;
    const times = 1 + Math.max(said?.times ?? 0, anywhere?.times ?? 0);
    const document: Named = { _id: `${room} ${content}`, seq, topic: content, times };
    const head: Named = { _id: room, seq, topic: room, times: 1 + (inRoom?.times ?? 0) };
    return {
      documents: [
        { collection: 'rooms', document: head },
        { collection: 'said', document },
      ],
      change: times > 1 ? content : null,
    };
  },
  announce: () => [],
};

/** A store that says what it was asked for. */
async function watched() {
  const store = memoryReadModels().projection('counting', 1);
  await store.setUp(collectionsOf(counting));
  const asked: string[] = [];
  const watching: DocumentStore = {
    setUp: (collections) => store.setUp(collections),
    range: (collection, range) => store.range(collection, range),
    highest: (collection, range) => store.highest(collection, range),
    write: (collection, writes) => store.write(collection, writes),
    get: async <D extends Document>(collection: string, ids: readonly string[]) => {
      asked.push(`get ${collection} ${ids.join()}`);
      const found = await store.get<D>(collection, ids);
      asked.push(`got ${collection}`);
      return found;
    },
    findBy: (collection, field, values) => {
      asked.push(`find ${collection} ${field} ${values.join()}`);
      return store.findBy(collection, field, values);
    },
  };
  return { store: watching, asked };
}

const noHeads = new Map<string, CachedHead>();
const timesOf = (documents: Iterable<{ readonly document: Document }>) =>
  [...documents].map(({ document }) => [document._id, (document as Named).times]);

describe('a round', () => {
  it('reads what it needs once, all of it together, and the heads before the rest', async () => {
    const { store, asked } = await watched();
    await foldRound(counting, store, noHeads, records(GLOBAL_ROOM, 'a', 'b', 'a'));
    expect(asked).toEqual([
      'get rooms global',
      'got rooms',
      'get said global a,global b',
      'find said topic a,b',
      'got said',
    ]);
  });

  it('does not read the heads that are in memory, and folds on from them', async () => {
    const { store, asked } = await watched();
    const document: Named = { _id: GLOBAL_ROOM, seq: 0, topic: '', times: 40 };
    const heads = new Map([[GLOBAL_ROOM, { document, known: false, dirty: false }]]);
    const round = await foldRound(counting, store, heads, records(GLOBAL_ROOM, 'a'));
    expect(asked.filter((line) => line.includes('rooms'))).toEqual([]);
    expect(timesOf(round.heads.values())).toEqual([[GLOBAL_ROOM, 41]]);
  });

  it('folds on from the heads that were in memory, also where their partition is let go of while it reads', async () => {
    const { store } = await watched();
    const document: Named = { _id: GLOBAL_ROOM, seq: 0, topic: '', times: 40 };
    const heads = new Map([[GLOBAL_ROOM, { document, known: false, dirty: false }]]);
    const folding = foldRound(counting, store, heads, records(GLOBAL_ROOM, 'a', 'b'));
    heads.clear();
    expect(timesOf((await folding).heads.values())).toEqual([[GLOBAL_ROOM, 42]]);
  });

  it('takes the heads in memory for no documents of the same name', async () => {
    const { store, asked } = await watched();
    const document: Named = { _id: GLOBAL_ROOM, seq: 0, topic: '', times: 40 };
    const heads = new Map([[GLOBAL_ROOM, { document, known: true, dirty: false }]]);
    const namesake: Projection<string> = {
      ...counting,
      needs: () => [{ collection: 'said', id: GLOBAL_ROOM }],
      fold: (view) => ({ documents: [], change: view.get('said', GLOBAL_ROOM) ? 'said' : 'never said' }),
    };
    const round = await foldRound(namesake, store, heads, records(GLOBAL_ROOM, 'a'));
    expect([asked, round.changes]).toEqual([['get said global', 'got said'], ['never said']]);
  });

  it('says for which partitions it looked for anything in the store, whether that was there or not', async () => {
    const { store } = await watched();
    const both = [...records(GLOBAL_ROOM, 'a'), ...records(clanRoom('3'), 'b')];
    const [global, clan] = both.map(({ partition }) => partition);
    const first = await foldRound(timeline, store, noHeads, both);
    expect(first.readFor).toEqual(new Set([global, clan]));
    const heads = new Map([[GLOBAL_ROOM, first.heads.get(GLOBAL_ROOM)!]]);
    expect((await foldRound(timeline, store, heads, both)).readFor).toEqual(new Set([clan]));
    expect((await foldRound(timeline, store, first.heads, both)).readFor).toEqual(new Set());
  });

  it('sees what it has written itself, and writes the last of each document, but not the heads', async () => {
    const { store } = await watched();
    const round = await foldRound(counting, store, noHeads, records(GLOBAL_ROOM, 'a', 'b', 'a', 'a'));
    expect([...round.writes.keys()]).toEqual(['said']);
    expect(timesOf(round.writes.get('said')!)).toEqual([
      ['global a', 3],
      ['global b', 1],
    ]);
    expect(timesOf(round.heads.values())).toEqual([['global', 4]]);
    expect([...round.writes.get('said')!, ...round.heads.values()].map(({ known }) => known)).toEqual(
      Array.from({ length: 3 }, () => false),
    );
    expect(round.changes).toEqual(['a', 'a']);
    expect(round.letters).toEqual([]);
  });

  it('finds by the indexed field what is stored and what it has written', async () => {
    const { store } = await watched();
    const stored: Named = { _id: 'elsewhere', seq: 1, topic: 'a', times: 10 };
    await store.write('said', [{ document: stored, known: false }]);
    const clan = records(clanRoom('3'), 'b').map((record) => ({ ...record, seq: 3 }));
    const round = await foldRound(counting, store, noHeads, [...records(GLOBAL_ROOM, 'a', 'b'), ...clan]);
    expect(timesOf(round.writes.get('said')!)).toEqual([
      ['global a', 11],
      ['global b', 1],
      ['clan:3 b', 2],
    ]);
  });

  it('knows which of the documents are in the store already', async () => {
    const { store } = await watched();
    await store.write('said', [{ document: { _id: 'global a', seq: 0, topic: 'a', times: 1 } as Named, known: false }]);
    await store.write('rooms', [{ document: { _id: 'global', seq: 0, topic: '', times: 1 } as Named, known: false }]);
    const both = [...records(GLOBAL_ROOM, 'a', 'b'), ...records(clanRoom('3'), 'c')];
    const round = await foldRound(counting, store, noHeads, both);
    const known = round.writes.get('said')!.map(({ document, known: isKnown }) => [document._id, isKnown]);
    expect(known).toEqual([
      ['global a', true],
      ['global b', false],
      ['clan:3 c', false],
    ]);
    const heads = [...round.heads].map(([id, head]) => [id, head.known, head.dirty]);
    expect(heads).toEqual([
      ['global', true, true],
      ['clan:3', false, true],
    ]);
    const later = await foldRound(counting, store, round.heads, records(clanRoom('3'), 'd'));
    expect(later.heads.get('clan:3')?.known).toBe(false);
    const saved = new Map([...round.heads].map(([id, head]) => [id, { ...head, known: true, dirty: false }]));
    expect((await foldRound(counting, store, saved, records(clanRoom('3'), 'd'))).heads.get('clan:3')?.known).toBe(
      true,
    );
  });

  it('sets aside what cannot be read, wanted or folded, with its reason, marks its room, and goes on', async () => {
    const { store } = await watched();
    const good = records(GLOBAL_ROOM, 'unreadable', 'unwanted', 'a', 'unheard of', 'b', 'nowhere');
    const all = good.map((record) => ({
      ...record,
      ...(record.seq === 1 && { version: 9 }),
      ...(record.seq === 6 && { room: null }),
    }));
    const round = await foldRound(counting, store, noHeads, all);
    const bySeq = [...round.letters].sort((a, b) => a.seq - b.seq);
    const place = { projection: 'counting', partition: partitionOf(GLOBAL_ROOM) };
    expect(bySeq).toEqual([
      { ...place, seq: 1, reason: 'unknown event MessageCreated version 9' },
      { ...place, seq: 2, reason: 'nobody wants to hear it' },
      { ...place, seq: 4, reason: 'it cannot be' },
      { ...place, seq: 6, reason: 'its subject names no room' },
    ]);
    const gaps = round.writes.get('gaps')!.map(({ document, known }) => ({ ...document, known }));
    const gap = (seq: number) => ({ _id: gapId(GLOBAL_ROOM, seq), seq, room: GLOBAL_ROOM, known: false });
    expect(gaps.sort((a, b) => a.seq - b.seq)).toEqual([gap(1), gap(2), gap(4)]);
    expect(timesOf(round.writes.get('said')!)).toEqual([
      ['global a', 1],
      ['global b', 1],
    ]);
  });

  it('of nothing is nothing', async () => {
    const { store, asked } = await watched();
    const round = await foldRound(counting, store, noHeads, []);
    expect([asked, round.writes.size, round.heads.size, round.changes, round.letters]).toEqual([[], 0, 0, [], []]);
  });
});

it('what a projection has stored is found by its name, which it keeps', () => {
  expect(Object.values(projections).map(({ name }) => name)).toEqual(['timeline', 'directory', 'stats']);
});

describe('a replay', () => {
  async function* stream(all: readonly LogRecord[]): AsyncGenerator<LogRecord, void> {
    for (const record of all) yield await Promise.resolve(record);
  }
  const many = (count: number) => records(GLOBAL_ROOM, ...Array.from({ length: count }, (_, i) => `m${i}`));

  it('says how far it is, round by round', async () => {
    const progress: number[] = [];
    const store = await replay(timeline, stream(many(4_500)), (folded) => progress.push(folded));
    expect(progress).toEqual([2_000, 4_000, 4_500]);
    expect(await store.get('messages', ['global:0000004500'])).toHaveLength(1);
    await replay(timeline, stream(many(2_000)), (folded) => progress.push(folded));
    expect(progress.slice(3)).toEqual([2_000]);
  });

  it('is carried on, and answers what it set aside', async () => {
    const [one, two, three] = many(3);
    const started = await Replay.start(timeline);
    expect(await started.fold([one!])).toEqual([]);
    const letters = await started.fold([{ ...two!, version: 9 }, three!]);
    expect(letters.map(({ seq }) => seq)).toEqual([2]);
    expect(await started.store.get('messages', ['global:0000000001', 'global:0000000002'])).toHaveLength(2);
    expect(await started.store.get('heads', ['global'])).toMatchObject([{ n: 2, seq: 3 }]);
    expect(await started.store.get('gaps', [gapId(GLOBAL_ROOM, 2)])).toHaveLength(1);
  });

  it('gives each message of somebody erased a change of its own, however many there are in one room', async () => {
    const count = 2 * SWEPT_TOGETHER + 5;
    const said = many(count);
    const erased = { type: 'UserErased', room: partitionRoom(partitionOf(GLOBAL_ROOM)), userId: '1', keyId: null };
    const event = { ...erased, id: `erase.${'1'.padStart(24, '0')}`, at: '2026-01-02T03:04:05.678Z' } as DomainEvent;
    const sweep = { ...recordOf(event, count + 1), kind: 'erase' };
    const erasing = await replay(timeline, stream([...said, sweep]));
    expect(await erasing.get('heads', [GLOBAL_ROOM])).toMatchObject([{ n: count, rev: 2 * count, seq: count + 1 }]);
    const store = await replay(
      timeline,
      stream([...said, sweep, recordOf(messageOf(GLOBAL_ROOM, 'later'), count + 2)]),
    );
    const messages = await store.range('messages', { from: '', to: '~', limit: Infinity });
    const revs = messages.map((message) => (message as MessageDocument).rev);
    expect(revs).toEqual(Array.from({ length: count + 1 }, (_, i) => count + 1 + i));
  });

  it('of a projection without heads is one of its documents', async () => {
    const { heads: _heads, ...headless } = counting;
    const store = await replay({ ...headless, heads: null }, stream(many(2)));
    expect(await store.get('rooms', ['global'])).toMatchObject([{ times: 2 }]);
  });
});
