import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Follower, Messages, type Position, type Resumed, type Told } from '../src/follower.js';

interface Message extends Position {
  readonly id: string;
}

const LIMIT = 6;
const PAGE = 4;

/** A room as the wire's document describes it, and one client of it, over a network that is slow and cut at any moment. */
class Room {
  /** For each change, the message that it made or changed. */
  readonly #changes: number[] = [];
  #count = 0;
  #joined: number | null = null;
  readonly #onTheWay: (() => unknown)[] = [];
  /** What the client has asked for and the server has not looked at yet. */
  readonly #asked: (() => void)[] = [];
  readonly #pages: ((messages: readonly Message[]) => void)[] = [];
  /** What was told, from one reset to the next. */
  readonly told: number[][] = [[]];
  tellings = 0;
  opened = 0;
  resumed = 0;
  readonly shown = new Messages<Message>();
  readonly follower = new Follower<Message>({
    idOf: ({ id }) => id,
    latest: () => new Promise((resolve) => this.#pages.push(resolve)),
    isShown: () => true,
    resume: () => {
      this.#resume();
    },
    told: (told) => {
      this.tellings++;
      if (told.isNew) this.told.at(-1)!.push(told.message.n);
      this.shown.take(told);
    },
    reset: (messages) => {
      this.told.push(messages.map(({ n }) => n));
      this.shown.reset(messages);
    },
  });

  get isOpen(): boolean {
    return this.#joined !== null;
  }

  message(n: number): Message {
    return { id: `m${n}`, n, rev: this.#changes.lastIndexOf(n) + 1 };
  }

  post(): void {
    this.#change(++this.#count, true);
  }

  react(which: number): void {
    if (this.#count > 0) this.#change((which % this.#count) + 1, false);
  }

  open(): void {
    if (this.isOpen) return;
    this.#joined = this.#changes.length;
    this.opened++;
    this.follower.begin();
    this.#resume();
  }

  cut(): void {
    this.#joined = null;
    this.#onTheWay.length = 0;
    this.#asked.length = 0;
  }

  serve(): void {
    for (const answer of this.#asked.splice(0)) answer();
  }

  async arrive(frames: number): Promise<void> {
    for (const arrive of this.#onTheWay.splice(0, frames)) arrive();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async settle(): Promise<void> {
    this.serve();
    await this.arrive(1_000);
    await this.page();
  }

  async page(): Promise<void> {
    for (const answer of this.#pages.splice(0)) answer(this.latest());
    await new Promise((resolve) => setImmediate(resolve));
  }

  get position(): Position {
    return { n: this.#count, rev: this.#changes.length };
  }

  latest(): Message[] {
    return Array.from({ length: this.#count }, (_, i) => this.message(i + 1)).slice(-PAGE);
  }

  get isQuiet(): boolean {
    return [this.#onTheWay, this.#asked, this.#pages].every(({ length }) => length === 0);
  }

  #change(n: number, isNew: boolean): void {
    this.#changes.push(n);
    const message = this.message(n);
    if (this.isOpen) this.#send({ isNew, message, position: this.#place(this.#changes.length) });
  }

  #place(rev: number): Position {
    return { n: Math.max(0, ...this.#changes.slice(0, rev)), rev };
  }

  #send(told: Told<Message>): void {
    this.#onTheWay.push(() => {
      this.follower.hear(told);
    });
  }

  #resume(): void {
    const from = this.follower.position;
    this.resumed++;
    this.#asked.push(() => {
      this.#answer(from, this.#joined!);
    });
  }

  #answer(from: Position | null, joined: number): void {
    const to = this.#place(joined);
    const answer = (resumed: Resumed) =>
      this.#onTheWay.push(() => {
        void this.follower.resumed(resumed);
      });
    if (!from || joined - from.rev > LIMIT) answer({ to, recovered: false });
    else {
      for (let rev = from.rev + 1; rev <= joined; rev++) {
        const n = this.#changes[rev - 1]!;
        const isNew = this.#changes.indexOf(n) === rev - 1;
        this.#send({ isNew, message: this.message(n), position: this.#place(rev) });
      }
      answer({ to, recovered: true });
    }
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant(['post'] as const) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('react' as const), fc.nat(20)) },
  { weight: 2, arbitrary: fc.constant(['open'] as const) },
  { weight: 1, arbitrary: fc.constant(['cut'] as const) },
  { weight: 2, arbitrary: fc.constant(['serve'] as const) },
  { weight: 1, arbitrary: fc.constant(['page'] as const) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('arrive' as const), fc.integer({ min: 1, max: 8 })) },
);

async function take(room: Room, [what, how]: readonly [string, number?]): Promise<void> {
  if (what === 'post') room.post();
  else if (what === 'react') room.react(how!);
  else if (what === 'open') room.open();
  else if (what === 'cut') room.cut();
  else if (what === 'serve') room.serve();
  else if (what === 'page') await room.page();
  else await room.arrive(how!);
}

describe('a room that is followed over connections that are cut at any moment', () => {
  it('is shown in the end as it is, and each message was told once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
        const room = new Room();
        for (const each of steps) await take(room, each);
        room.open();
        while (!room.isQuiet) await room.settle();
        expect(room.shown.list.slice(-PAGE)).toEqual(room.latest());
        for (const told of room.told) expect(told).toEqual(told.map((_, i) => told[0]! + i));
        expect(room.shown.list.map(({ n }) => n)).toEqual(room.told.at(-1));
        expect(room.follower.position).toEqual(room.position);
        expect(room.resumed).toBe(room.opened);
        // Nothing is missing, so the next connection tells nothing again.
        const before = room.tellings;
        room.cut();
        room.open();
        await room.settle();
        await room.settle();
        expect([room.follower.position, room.tellings]).toEqual([room.position, before]);
      }),
      { numRuns: 300 },
    );
  });

  it('tells nobody a second time what is told again', async () => {
    const room = new Room();
    room.open();
    await room.settle();
    room.post();
    await room.arrive(1);
    room.follower.hear({ isNew: true, message: room.message(1) });
    room.react(0);
    await room.arrive(1);
    room.follower.hear({ isNew: false, message: room.message(1) });
    expect([room.told, room.tellings]).toEqual([[[], [1]], 2]);
    expect(room.shown.list).toEqual([{ id: 'm1', n: 1, rev: 2 }]);
  });

  it('asks anew where a message is missing, and says no position that is not sure', async () => {
    const room = new Room();
    room.open();
    await room.settle();
    room.post();
    await room.arrive(1);
    expect(room.follower.position).toEqual({ n: 1, rev: 1 });
    room.follower.hear({ isNew: true, message: { id: 'm3', n: 3, rev: 9 } });
    expect([room.told, room.follower.position]).toEqual([[[], [1]], { n: 1, rev: 1 }]);
    // What was told while another change is kept back says up to where all was told.
    const other = new Room();
    other.open();
    await other.settle();
    other.follower.hear({ isNew: true, message: { id: 'm1', n: 1, rev: 4 }, position: { n: 1, rev: 2 } });
    expect(other.follower.position).toEqual({ n: 1, rev: 2 });
  });

  it('goes on from the same place where a change is told late', async () => {
    const room = new Room();
    for (const what of ['post', 'react', 'post'] as const) await take(room, [what, 0]);
    room.open();
    await room.settle();
    room.follower.hear({ isNew: false, message: { id: 'm1', n: 1, rev: 2 } });
    expect(room.follower.position).toEqual({ n: 2, rev: 3 });
  });

  it('is not told again what a page has shown, and is told by new numbers what begins anew', async () => {
    const told: number[] = [];
    let page: Message[] = [{ id: 'a', n: 1, rev: 9 }];
    const follower = new Follower<Message>({
      ...{ idOf: ({ id }) => id, isShown: () => true, resume: () => undefined, reset: () => undefined },
      latest: () => Promise.resolve(page),
      told: ({ message }) => told.push(message.rev),
    });
    await follower.resumed({ to: { n: 1, rev: 9 }, recovered: false });
    follower.hear({ isNew: false, message: { id: 'a', n: 1, rev: 9 } });
    page = [];
    await follower.resumed({ to: { n: 1, rev: 1 }, recovered: false });
    follower.hear({ isNew: false, message: { id: 'a', n: 1, rev: 2 } });
    expect(told).toEqual([2]);
  });

  it('is told as it is now where a message that was told comes as new once more, and is another by then', async () => {
    const told: unknown[] = [];
    const follower = new Follower<Message>({
      ...{ idOf: ({ id }) => id, isShown: () => true, resume: () => undefined, reset: () => undefined },
      latest: () => Promise.resolve([]),
      told: ({ message, isNew, isEdit }) => told.push([message.rev, isNew, ...(isEdit ? [isEdit] : [])]),
    });
    await follower.resumed({ to: { n: 10, rev: 21 }, recovered: false });
    follower.hear({ isNew: true, message: { id: 'k', n: 11, rev: 23 }, position: { n: 10, rev: 21 } });
    follower.begin();
    for (const rev of [23, 24]) follower.hear({ isNew: true, message: { id: 'k', n: 11, rev } });
    await follower.resumed({ to: { n: 11, rev: 24 }, recovered: true });
    expect(told).toEqual([
      [23, true],
      [24, false, true],
    ]);
  });

  it('is followed as soon as it is there, where there was none before', async () => {
    const room = new Room();
    room.open();
    void room.follower.resumed({ recovered: false });
    expect(room.follower.position).toBeNull();
    room.post();
    await room.arrive(1);
    expect(room.resumed).toBe(2);
    await room.settle();
    expect(room.told.at(-1)).toEqual([1]);
  });
});
