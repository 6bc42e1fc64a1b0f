import { expect, it } from '@jest/globals';
import { Ledger, type LedgerPlan } from '../src/bench/load/ledger.js';

const PLAN: LedgerPlan = { rooms: 2, members: 3, senders: 3, acks: false };
const content = (k: number) => `@@${String(k).padStart(8, '0')}@@ text`;
const idOf = (k: number) => `id-${k}`;

/** Messages 0 to 5, of which 0, 2 and 4 are in room 0 at 1, 2, 3; the members of room 0 are clients 0, 2 and 4. */
class Story {
  readonly ledger: Ledger;

  constructor(plan: Partial<LedgerPlan> = {}) {
    this.ledger = new Ledger({ ...PLAN, ...plan }, 6);
    for (let k = 0; k < 6; k++) this.ledger.next();
  }

  tell(client: number, k: number, { n = Math.floor(k / 2) + 1, id = idOf(k) } = {}): boolean {
    const bytes = Buffer.from(` ${id} `);
    return this.ledger.told(client, k, n, bytes, 1, bytes.length - 1);
  }

  ack(client: number, k: number, id = idOf(k)): void {
    this.ledger.acked(client, k, Buffer.from(id), 0, id.length);
  }

  tellAll(except: (client: number, k: number) => boolean = () => false): this {
    for (let client = 0; client < 6; client++) {
      for (let k = client % 2; k < 6; k += 2) if (!except(client, k)) this.tell(client, k);
    }
    return this;
  }

  compare(room: number, ...more: { k: number; n?: number; id?: string }[]): number {
    const history = more.map(({ k, n = Math.floor(k / 2) + 1, id = idOf(k) }) => ({ k, n, id }));
    const of = { rev: 0, senderId: '', reactions: [] };
    return this.ledger.compare(
      room,
      history.map(({ k, n, id }) => ({ ...of, id, n, content: content(k) })),
    );
  }
}

it('each is said by the senders of its room in turns', () => {
  const { ledger } = { ledger: new Ledger({ ...PLAN, senders: 2 }, 6) };
  expect([0, 1, 2, 3, 4, 5].map(() => ledger.next())).toEqual([0, 1, 2, 3, 0, 1]);
});

it('all is well where everybody is told each once, in order, and the history has the same', () => {
  const story = new Story().tellAll();
  expect(story.ledger.isComplete).toBe(true);
  expect(story.compare(0, { k: 0 }, { k: 2 }, { k: 4 })).toBe(0);
  expect(story.compare(1, { k: 1 }, { k: 3 }, { k: 5 })).toBe(0);
  expect(story.ledger.faults).toEqual([]);
  expect(story.ledger.counts(0)).toEqual({ accepted: 6, delivered: 18, acked: 0 });
  expect(story.ledger.counts(4)).toEqual({ accepted: 2, delivered: 6, acked: 0 });
});

it('one that does not come to somebody is missing', () => {
  const story = new Story().tellAll((client, k) => client === 4 && k === 4);
  expect(story.ledger.isComplete).toBe(false);
  expect(story.ledger.counts(0)).toMatchObject({ accepted: 6, delivered: 17 });
});

it('one that comes twice is noticed, and counts once', () => {
  const story = new Story().tellAll();
  expect(story.tell(2, 4)).toBe(false);
  expect(story.ledger.faults).toEqual(['client 2 was told twice of message id-4']);
  expect(story.ledger.delivered).toBe(18);
});

it('one that comes before another is noticed', () => {
  const story = new Story();
  for (const k of [0, 4, 2]) story.tell(0, k);
  expect(story.ledger.faults).toEqual(['client 0 was told of 3 after 1', 'client 0 was told of 2 after 3']);
});

it('a hole in what somebody is told is noticed', () => {
  const story = new Story().tellAll((client, k) => client === 0 && k === 2);
  expect(story.ledger.faults).toEqual(['client 0 was told of 3 after 1']);
});

it('a message in the place or with the id of another is noticed', () => {
  const story = new Story();
  story.tell(0, 0);
  story.tell(2, 0, { id: 'id-x' });
  story.tell(4, 0, { n: 2 });
  expect(story.ledger.faults).toEqual([
    'message id-0 at 1 was told otherwise before',
    'message id-0 at 2 was told otherwise before',
    'client 4 was told of 2 after 0',
  ]);
});

it('what is not for somebody, or was never said, is noticed', () => {
  const story = new Story();
  expect([story.tell(1, 0), story.tell(0, 6), story.tell(0, NaN)]).toEqual([false, false, false]);
  expect(story.ledger.faults).toEqual([
    'client 1 was told of a message that is not for it, at 1',
    'client 0 was told of a message that is not for it, at 4',
    'client 0 was told of a message that is not for it, at NaN',
  ]);
});

it('what was told and is not in the history is lost', () => {
  const story = new Story().tellAll();
  expect(story.compare(0, { k: 0 }, { k: 2 })).toBe(1);
  expect(story.ledger.faults).toEqual(['message id-4 is not in the history']);
});

it.each([
  ['a hole', [{ k: 0 }, { k: 2, n: 3 }, { k: 4, n: 4 }], 'room 0: the history has 3 where 2 must be'],
  ['one twice', [{ k: 0 }, { k: 2 }, { k: 2, n: 3 }, { k: 4, n: 4 }], 'room 0: message id-2 is in the history twice'],
  ['another order', [{ k: 2, n: 1 }, { k: 0, n: 2 }, { k: 4 }], 'room 0: the history has id-2 otherwise'],
  ['another id', [{ k: 0, id: 'id-x' }, { k: 2 }, { k: 4 }], 'room 0: the history has id-x otherwise'],
  ['an id that begins like it', [{ k: 0, id: 'id-00' }, { k: 2 }, { k: 4 }], 'room 0: the history has id-00 otherwise'],
  ['one that nobody sent', [{ k: 0 }, { k: 2 }, { k: 4 }, { k: 6 }], 'room 0: nobody sent message id-6'],
  ['one of another room', [{ k: 0 }, { k: 2 }, { k: 4 }, { k: 5, n: 4 }], 'room 0: nobody sent message id-5'],
])('in the history, %s is noticed', (_, history, fault) => {
  const story = new Story().tellAll();
  story.compare(0, ...history);
  expect(story.ledger.faults[0]).toBe(fault);
});

it('what only the history has was accepted too', () => {
  const story = new Story();
  expect(story.compare(0, { k: 0 })).toBe(0);
  expect(story.ledger.counts(0)).toMatchObject({ accepted: 1, delivered: 0 });
  expect(story.ledger.faults).toEqual([]);
});

it('where messages are acknowledged, all is well once each was, as what it is in the history', () => {
  const story = new Story({ acks: true }).tellAll();
  expect(story.ledger.isComplete).toBe(false);
  for (let k = 0; k < 6; k++) story.ack(0, k);
  expect(story.ledger.isComplete).toBe(true);
  expect(story.ledger.counts(0)).toEqual({ accepted: 6, delivered: 18, acked: 6 });
  expect(story.ledger.faults).toEqual([]);
  story.ack(0, 3);
  story.ack(0, 6);
  expect(story.ledger.faults).toEqual([
    'message id-3 was acknowledged twice',
    'client 0 was acknowledged what nobody sent',
  ]);
});

it('an ack that names another message than was told is noticed, and an id that is none of ours', () => {
  const story = new Story({ acks: true });
  story.tell(0, 0);
  story.ack(0, 0, 'id-2');
  expect(story.ledger.faults).toEqual(['message id-0 was acknowledged as another']);
  story.ack(0, 2, 'x'.repeat(40));
  expect(() => {
    story.ack(0, 4, 'x'.repeat(41));
  }).toThrow('an id of 41 bytes is longer than any of ours');
});

it('what was acknowledged and is not in the history, or as another, is noticed', () => {
  const story = new Story({ acks: true });
  for (const k of [0, 2, 4]) story.ack(0, k);
  expect(story.compare(0, { k: 0 }, { k: 2, id: 'id-x' })).toBe(1);
  expect(story.ledger.faults).toEqual(['room 0: the history has id-x otherwise', 'message id-4 is not in the history']);
  story.tell(0, 4, { id: 'id-y' });
  expect(story.ledger.faults).toContain('message id-4 at 3 was told otherwise before');
});

it('keeps apart who of more than 32 members was told', () => {
  const ledger = new Ledger({ rooms: 1, members: 100, senders: 100, acks: false }, 2);
  ledger.next();
  ledger.next();
  for (let client = 0; client < 100; client++) {
    for (const k of [0, 1]) expect(ledger.told(client, k, k + 1, Buffer.from(idOf(k)), 0, 4)).toBe(true);
  }
  expect(ledger.counts(1)).toEqual({ accepted: 1, delivered: 100, acked: 0 });
  expect([ledger.isComplete, ledger.faults]).toEqual([true, []]);
  expect(ledger.told(99, 1, 3, Buffer.from(idOf(1)), 0, 4)).toBe(false);
});

it('an error answers for the message that was not taken', () => {
  const story = new Story().tellAll((_, k) => k === 5);
  story.ledger.refused++;
  expect(story.ledger.isComplete).toBe(true);
});

it('of many faults the first are told, and how many more there are', () => {
  const { ledger } = new Story();
  for (let i = 0; i < 25; i++) ledger.fault(String(i));
  expect(ledger.faults).toHaveLength(21);
  expect(ledger.faults.at(-1)).toBe('and 5 more');
});
