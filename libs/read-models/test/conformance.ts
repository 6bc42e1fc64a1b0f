import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkpointId, type Document, type DocumentStore, firstVersion, type ReadModels } from '../src/index.js';
import { describeWorked, type Note, note, fresh, known } from './worked-conformance.js';

/** What every adapter of the read models must do. `open` gives one that is empty, or the same again. */
export function describeReadModels(name: string, open: () => Promise<ReadModels>): void {
  const opened: ReadModels[] = [];
  afterAll(() => Promise.all(opened.map((readModels) => readModels.close())));
  describeWorked(name, async () => {
    opened.push(await open());
    return opened.at(-1)!;
  });
  describe(`read models, asked: ${name}`, () => {
    let readModels: ReadModels;
    let store: DocumentStore;

    beforeAll(async () => {
      readModels = await open();
      store = readModels.projection('pages', 1);
      await store.setUp([{ name: 'notes' }, { name: 'indexed', index: 'topic', ordered: true }]);
    });

    afterAll(() => readModels.close());

    const idsOf = (documents: readonly Document[]) => documents.map(({ _id }) => _id);

    it('reads ranges in the order of _id, both ways, limited', async () => {
      const ids = Array.from({ length: 30 }, (_, i) => `range:x:${String(i).padStart(3, '0')}`);
      await store.write('notes', fresh(...[...ids].reverse().map((id, i) => note(id, i + 1))));
      await store.write('notes', fresh(note('range:x=3a0:005', 1), note('range:y:000', 1), note('range:', 1)));
      await store.write('notes', known(note(ids[7]!, 100)));
      const range = { from: 'range:x:', to: 'range:x;' };
      expect(idsOf(await store.range('notes', { ...range, limit: 100 }))).toEqual(ids);
      expect(idsOf(await store.range('notes', { ...range, limit: 3 }))).toEqual(ids.slice(0, 3));
      const last = await store.range('notes', { ...range, limit: 3, descending: true });
      expect(idsOf(last)).toEqual(ids.slice(-3).reverse());
      const part = { from: ids[5]!, to: ids[9]!, limit: 100 };
      expect(idsOf(await store.range('notes', part))).toEqual(ids.slice(5, 9));
      expect(idsOf(await store.range('notes', { ...part, descending: true }))).toEqual(ids.slice(5, 9).reverse());
      const behind = { from: `${ids[5]}\0`, to: ids[9]!, limit: 100 };
      expect(idsOf(await store.range('notes', behind))).toEqual(ids.slice(6, 9));
      expect(await store.range('notes', { from: 'range:z', to: 'range:zz', limit: 5 })).toEqual([]);
    });

    it('reads of a range only what is asked for, where it can', async () => {
      await store.write('notes', fresh(note('fields:1', 1), note('fields:2', 2)));
      const fields = { from: 'fields:', to: 'fields;', limit: 9, fields: ['text'] };
      expect(await store.range('notes', fields)).toMatchObject([
        { _id: 'fields:1', seq: 1, text: 'fields:1@1' },
        { _id: 'fields:2', seq: 2, text: 'fields:2@2' },
      ]);
    });

    it('reads of a range only what has a value, in the order of _id, whatever else is there', async () => {
      const ids = Array.from({ length: 12 }, (_, i) => `having:${String(i).padStart(2, '0')}`);
      const topics = ['a', 'b', null, 'a'];
      const notes = ids.map((id, i) => note(id, 1, topics[i % 4]));
      await store.write('indexed', fresh(...notes.reverse()));
      const ofA = ids.filter((_, i) => topics[i % 4] === 'a');
      const range = { from: 'having:', to: 'having;', limit: 100, having: { field: 'topic', value: 'a' } };
      expect(idsOf(await store.range('indexed', range))).toEqual(ofA);
      expect(idsOf(await store.range('indexed', { ...range, limit: 2 }))).toEqual(ofA.slice(0, 2));
      expect(idsOf(await store.range('indexed', { ...range, limit: 2, descending: true }))).toEqual(
        ofA.slice(-2).reverse(),
      );
      const between = { ...range, from: `${ofA[1]}\0`, to: ofA[4]! };
      expect(idsOf(await store.range('indexed', between))).toEqual(ofA.slice(2, 4));
      expect(await store.range('indexed', { ...range, having: { field: 'topic', value: 'c' } })).toEqual([]);
      // It is the value of now that counts.
      await store.write('indexed', known(note(ofA[0]!, 2, 'b'), note(ofA[1]!, 2, null), note(ids[1]!, 2, 'a')));
      expect(idsOf(await store.range('indexed', range))).toEqual([ids[1], ...ofA.slice(2)]);
    });

    it('reads what is highest in a range, in order, limited, below a value', async () => {
      const ranks = [5, 30, 100_000_000_000, 2, 9, 25];
      await store.write('notes', fresh(...ranks.map((seq, i) => note(`rank:x:${i}`, seq))));
      await store.write('notes', fresh(note('rank:w:0', 7), note('rank:y:0', 8)));
      const seqs = async (more: object) => {
        const found = await store.highest<Note>('notes', {
          from: 'rank:x:',
          to: 'rank:x;',
          by: 'seq',
          limit: 9,
          ...more,
        });
        return found.map(({ seq }) => seq);
      };
      expect(await seqs({})).toEqual([100_000_000_000, 30, 25, 9, 5, 2]);
      expect(await seqs({ limit: 2 })).toEqual([100_000_000_000, 30]);
      expect(await seqs({ limit: 3, below: 30 })).toEqual([25, 9, 5]);
      expect(await seqs({ below: 2 })).toEqual([]);
      expect(await seqs({ above: 9 })).toEqual([100_000_000_000, 30, 25]);
      expect(await seqs({ above: 5, below: 30 })).toEqual([25, 9]);
      const [top] = await store.highest<Note>('notes', { from: 'rank:y:', to: 'rank:y;', by: 'seq', limit: 1 });
      expect(top).toEqual(note('rank:y:0', 8));
    });

    it('keeps projections apart', async () => {
      const other = readModels.projection('others', 1);
      await other.setUp([{ name: 'notes' }]);
      await store.write('notes', fresh(note('apart:1', 1)));
      expect(await other.get('notes', ['apart:1'])).toEqual([]);
      await readModels.versions.replace('pages', firstVersion(1, 1));
      expect(await readModels.versions.read('others')).toBeNull();
      for (const projection of ['pages', 'others']) {
        await readModels.checkpoints.claim(checkpointId(projection, 1, 0), 'me');
      }
      await readModels.remove('others', 1);
      const [left] = await readModels.checkpoints.read(['pages', 'others'].map((one) => checkpointId(one, 1, 0)));
      expect(left?.[0]).toBe(checkpointId('pages', 1, 0));
      expect(await store.get('notes', ['apart:1'])).toHaveLength(1);
    });

    it('reads nothing of a collection that was never set up, but what was written to it', async () => {
      const other = readModels.projection('unheard of', 1);
      expect(await other.range('notes', { from: '', to: '~', limit: 5 })).toEqual([]);
      expect(await other.highest('notes', { from: '', to: '~', by: 'seq', limit: 5 })).toEqual([]);
      await other.write('notes', fresh(note('here', 1)));
      expect(await other.range('notes', { from: '', to: '~', limit: 5 })).toEqual([note('here', 1)]);
    });
  });
}
