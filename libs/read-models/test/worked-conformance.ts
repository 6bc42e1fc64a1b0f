import { beforeAll, describe, expect, it } from '@jest/globals';
import { PARTITIONS } from '#domain';
import {
  checkpointId,
  checkpointsOf,
  type Document,
  type DocumentStore,
  firstVersion,
  type ReadModels,
  withNextVersion,
  withSwap,
  type Write,
} from '../src/index.js';

export interface Note extends Document {
  readonly topic: string | null;
  readonly text: string;
}

export const note = (_id: string, seq: number, topic: string | null = 't', text = `${_id}@${seq}`): Note => ({
  _id,
  seq,
  topic,
  text,
});
export const fresh = (...documents: Note[]): Write[] => documents.map((document) => ({ document, known: false }));
export const known = (...documents: Note[]): Write[] => documents.map((document) => ({ document, known: true }));

/** What workers and rebuilds of one projection rely on. */
export function describeWorked(adapter: string, open: () => Promise<Omit<ReadModels, 'close'>>): void {
  describe(`read models: ${adapter}`, () => {
    let readModels: Omit<ReadModels, 'close'>;
    let store: DocumentStore;
    const name = 'timeline';
    const placeOf = (partition: number, version = 1) => checkpointId(name, version, partition);

    beforeAll(async () => {
      readModels = await open();
      store = readModels.projection(name, 1);
      await store.setUp([{ name: 'notes', index: 'topic' }, { name: 'others' }]);
    });

    const idsOf = (documents: readonly Document[]) => documents.map(({ _id }) => _id);
    const stored = async (id: string) => (await store.get<Note>('notes', [id]))[0];

    it('sets up what is there already, and leaves it as it is', async () => {
      await store.write('notes', fresh(note('kept:1', 1)));
      await store.setUp([{ name: 'notes', index: 'topic' }, { name: 'others' }]);
      expect(await stored('kept:1')).toEqual(note('kept:1', 1));
    });

    it('gets what is there and leaves out the rest', async () => {
      await store.write('notes', fresh(note('get:1', 1), note('get:2', 2)));
      const found = await store.get<Note>('notes', ['get:2', 'get:none', 'get:1']);
      // Strictly: `toEqual` takes a list with a hole in it for one without.
      expect(found.sort((a, b) => a.seq - b.seq)).toStrictEqual([note('get:1', 1), note('get:2', 2)]);
      expect(await store.get('notes', [])).toStrictEqual([]);
      expect(await store.get('others', ['get:1'])).toStrictEqual([]);
    });

    it('keeps the document of the highest seq, in whatever order they come', async () => {
      await store.write('notes', fresh(note('guard:1', 5)));
      await store.write('notes', fresh(note('guard:1', 4)));
      expect((await stored('guard:1'))?.seq).toBe(5);
      await store.write('notes', known(note('guard:1', 3)));
      expect((await stored('guard:1'))?.seq).toBe(5);
      await store.write('notes', fresh(note('guard:1', 5, 't', 'not this one')));
      expect((await stored('guard:1'))?.text).toBe('guard:1@5');
      await store.write('notes', known(note('guard:1', 6)));
      await store.write('notes', fresh(note('guard:1', 7)));
      expect(await stored('guard:1')).toEqual(note('guard:1', 7));
    });

    it('writes the rest where some are there already', async () => {
      await store.write('notes', fresh(note('mixed:2', 9)));
      await store.write('notes', fresh(note('mixed:1', 10), note('mixed:2', 8), note('mixed:3', 10)));
      const seqs = (await store.get('notes', ['mixed:1', 'mixed:2', 'mixed:3'])).map(({ _id, seq }) => [_id, seq]);
      expect(Object.fromEntries(seqs)).toEqual({ 'mixed:1': 10, 'mixed:2': 9, 'mixed:3': 10 });
    });

    it('stores one of two first writes that race: the one of the higher seq', async () => {
      for (let round = 0; round < 20; round++) {
        const id = `race:${round}`;
        await Promise.all([
          store.write('notes', fresh(note(id, 2))),
          store.write('notes', fresh(note(id, 1))),
          store.write('notes', fresh(note(id, 3))),
        ]);
        expect((await stored(id))?.seq).toBe(3);
      }
    });

    it('finds by the indexed field', async () => {
      const topics = ['a', 'b', 'a', 'a'];
      await store.write('notes', fresh(...topics.map((topic, i) => note(`find:${i}`, 1, topic))));
      await store.write('notes', known(note('find:3', 2, 'a')));
      const found = await store.findBy<Note>('notes', 'topic', ['a', 'none']);
      expect(idsOf(found).sort()).toEqual(['find:0', 'find:2', 'find:3']);
      expect(await store.findBy('notes', 'topic', [])).toStrictEqual([]);
    });

    it('finds by the value that the field has now', async () => {
      const found = async (topic: string) => idsOf(await store.findBy('notes', 'topic', [topic])).sort();
      await store.write(
        'notes',
        fresh(note('moves:1', 1, 'left'), note('moves:2', 1, 'left'), note('moves:3', 1, null)),
      );
      await store.write('notes', known(note('moves:1', 2, 'right'), note('moves:3', 2, 'right')));
      expect([await found('left'), await found('right')]).toEqual([['moves:2'], ['moves:1', 'moves:3']]);
      await store.write('notes', known(note('moves:2', 2, null), note('moves:3', 3, 'left')));
      expect([await found('left'), await found('right')]).toEqual([['moves:3'], ['moves:1']]);
      // Older than what is there: it moves nothing.
      await store.write('notes', known(note('moves:1', 1, 'left')));
      expect([await found('left'), await found('right')]).toEqual([['moves:3'], ['moves:1']]);
    });

    it('finds by a field that gets its index only once there are documents', async () => {
      const later = readModels.projection(name, 21);
      await later.setUp([{ name: 'notes' }]);
      await later.write('notes', fresh(note('later:1', 1, 'early')));
      await later.setUp([{ name: 'notes', index: 'topic' }]);
      await later.write('notes', fresh(note('later:2', 1, 'early')));
      expect(idsOf(await later.findBy('notes', 'topic', ['early'])).sort()).toEqual(['later:1', 'later:2']);
    });

    it('reads a collection that was never set up as empty', async () => {
      const other = readModels.projection(name, 9);
      expect(await other.get('notes', ['a'])).toEqual([]);
      expect(await other.findBy('notes', 'topic', ['a'])).toEqual([]);
    });

    it('keeps every character of a text', async () => {
      const text = 'a\u0000b \u{1F468}‍\u{1F469}‍\u{1F467} $set a.b \u2028 ' + 'é'.repeat(4_000);
      await store.write('notes', fresh(note('text:1', 1, 't', text)));
      expect((await stored('text:1'))?.text).toBe(text);
    });

    it('writes thousands at once', async () => {
      const many = Array.from({ length: 5_000 }, (_, i) => note(`many:${String(i).padStart(5, '0')}`, i + 1));
      await store.write('notes', fresh(...many));
      await store.write('notes', fresh(...many.slice(0, 200)));
      const found = await store.get(
        'notes',
        many.map(({ _id }) => _id),
      );
      expect(found).toHaveLength(5_000);
    });

    it('keeps the versions of a projection apart', async () => {
      await store.write('notes', fresh(note('version:1', 1)));
      const next = readModels.projection(name, 2);
      await next.setUp([{ name: 'notes', index: 'topic' }]);
      expect(await next.get('notes', ['version:1'])).toEqual([]);
    });

    it('fences an owner off its checkpoint once another has claimed it', async () => {
      const { checkpoints } = readModels;
      expect(await checkpoints.read([placeOf(0)])).toEqual(new Map());
      const first = await checkpoints.claim(placeOf(0), 'a');
      expect(first).toMatchObject({ seq: 0, eventId: '' });
      const { epoch } = first;
      expect(await checkpoints.save([{ id: placeOf(0), epoch, seq: 10, eventId: 'msg.x' }])).toEqual([]);
      const second = await checkpoints.claim(placeOf(0), 'b');
      expect(second).toMatchObject({ seq: 10, eventId: 'msg.x', epoch: epoch + 1, owner: 'b' });
      const other = await checkpoints.claim(placeOf(1), 'b');
      const saves = [
        { id: placeOf(0), epoch, seq: 20, eventId: 'msg.y' },
        { id: placeOf(1), epoch: other.epoch, seq: 5, eventId: 'msg.z' },
      ];
      expect(await checkpoints.save(saves)).toEqual([placeOf(0)]);
      const read = await checkpoints.read([placeOf(1), placeOf(0), placeOf(2)]);
      expect([...read.keys()].sort()).toEqual([placeOf(0), placeOf(1)]);
      expect(read.get(placeOf(0))).toMatchObject({ seq: 10, epoch: epoch + 1 });
      expect(read.get(placeOf(1))).toMatchObject({ seq: 5, epoch: other.epoch });
      expect(await checkpoints.save([{ id: placeOf(3), epoch: 1, seq: 5, eventId: 'msg.z' }])).toEqual([placeOf(3)]);
      expect(await checkpoints.save([])).toEqual([]);
    });

    it('says of each partition of a version how far it is folded, or that nobody ever claimed it', async () => {
      const { checkpoints } = readModels;
      for (const partition of [0, PARTITIONS - 1]) await checkpoints.claim(placeOf(partition, 5), `of ${partition}`);
      const stored = await checkpointsOf(checkpoints, name, 5);
      const nobody = Array.from({ length: PARTITIONS - 2 }, () => null);
      expect(stored.map((one) => one && one.owner)).toEqual(['of 0', ...nobody, `of ${PARTITIONS - 1}`]);
    });

    it('gives each of many claims at once an epoch of its own', async () => {
      const claims = await Promise.all(
        Array.from({ length: 10 }, (_, i) => readModels.checkpoints.claim(placeOf(4), `owner ${i}`)),
      );
      const epochs = claims.map(({ epoch }) => epoch).sort((a, b) => a - b);
      expect(epochs).toEqual(Array.from({ length: 10 }, (_, i) => epochs[0]! + i));
    });

    it('gives no epoch twice, also where the checkpoint was lost in between', async () => {
      const { checkpoints } = readModels;
      const before = await checkpoints.claim(placeOf(0, 3), 'a');
      const mayBeSame = Date.now();
      while (Date.now() <= mayBeSame) await new Promise((resolve) => setTimeout(resolve, 1));
      await readModels.remove(name, 3);
      const after = await checkpoints.claim(placeOf(0, 3), 'a');
      expect(after).toMatchObject({ seq: 0, eventId: '' });
      expect(after.epoch).toBeGreaterThan(before.epoch);
    });

    it('keeps which versions there are, and lets one of several changes through', async () => {
      const { versions } = readModels;
      expect(await versions.read(name)).toBeNull();
      const first = firstVersion(7, 1);
      const made = await Promise.all([versions.replace(name, first), versions.replace(name, firstVersion(8, 1))]);
      expect(made.filter((done) => done)).toHaveLength(1);
      const stored = (await versions.read(name))!;
      expect([first, firstVersion(8, 1)]).toContainEqual(stored);
      const changes = [withNextVersion(stored, 7), withSwap(stored, 'somebody')];
      const changed = await Promise.all(changes.map((change) => versions.replace(name, change)));
      expect(changed.filter((done) => done)).toHaveLength(1);
      expect(await versions.read(name)).toEqual(changes[changed.indexOf(true)]);
      expect(await versions.replace(name, stored)).toBe(false);
      // As somebody read them who slept while the database was emptied, and begun anew with the same revisions.
      const former = withSwap(withNextVersion(firstVersion(7, 20), 7), 'one who slept');
      expect(await versions.replace(name, former)).toBe(false);
    });

    it('removes a version, and nothing of the others', async () => {
      const [kept, removed, similar] = [11, 12, 122].map((version) => readModels.projection(name, version));
      for (const version of [kept, removed, similar]) {
        await version!.setUp([{ name: 'notes', index: 'topic' }]);
        await version!.write('notes', fresh(note('a', 1)));
      }
      for (const version of [11, 12, 122]) await readModels.checkpoints.claim(placeOf(3, version), 'me');
      await readModels.remove(name, 12);
      await readModels.remove(name, 12);
      expect(await removed!.get('notes', ['a'])).toEqual([]);
      const left = await readModels.checkpoints.read([11, 12, 122].map((version) => placeOf(3, version)));
      expect([...left.keys()].sort()).toEqual([placeOf(3, 11), placeOf(3, 122)]);
      for (const version of [kept, similar]) expect(await version!.get('notes', ['a'])).toEqual([note('a', 1)]);
      // What is removed can be built again.
      await removed!.setUp([{ name: 'notes', index: 'topic' }]);
      await removed!.write('notes', fresh(note('a', 1, 'again')));
      expect(await removed!.findBy('notes', 'topic', ['again'])).toHaveLength(1);
    });

    it('answers a ping', async () => {
      await readModels.ping();
    });
  });
}
