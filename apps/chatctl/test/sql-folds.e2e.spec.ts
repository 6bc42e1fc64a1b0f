import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BlockEvent, clanRoom, type DomainEvent, ERASED_NAME, type Room, roomIds } from '#domain';
import type { LogRecord } from '#event-store';
import {
  directory,
  type HeadDocument,
  type MessageDocument,
  type PersonDocument,
  Replay,
  type SeenDocument,
  timeline,
} from '#projections';
import type { DocumentStore } from '#read-models';
import { dice, PEOPLE, randomLog, ROOMS } from './random-log.js';
import { MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

// What can be asked with SQL is what the folds of the read models come to.

interface At {
  readonly messages: readonly {
    readonly n: number;
    readonly messageId: string;
    readonly at: string;
    readonly sender: { readonly id: string; readonly name: string | null };
    readonly content: string | null;
    readonly feeling: string | null;
    readonly replyTo: string | null;
    readonly reactions: readonly {
      readonly userId: string;
      readonly userName: string | null;
      readonly emoji: string;
    }[];
    readonly editedAt: string | null;
    readonly deleted: boolean;
    readonly erased?: true;
    readonly sealed?: true;
  }[];
}

type Row = Readonly<Record<string, unknown>>;

/** Names that are gone are null in SQL, as are texts. */
const nameOf = (name: string | null) => (name === ERASED_NAME ? null : name);

/** A room as `chatctl at` shows it, in the columns of SQL. */
const rowsOf = ({ messages }: At) =>
  messages.map((message) => ({
    ...{ n: message.n, message_id: message.messageId, sent_at: message.at, sender_id: message.sender.id },
    ...{ sender_name: nameOf(message.sender.name), content: message.content || null, feeling: message.feeling },
    ...{ reply_to: message.replyTo, edited_at: message.editedAt, deleted: message.deleted },
    reactions: message.reactions
      .map(({ userId, userName, emoji }) => `${userId} ${nameOf(userName) ?? '?'} ${emoji}`)
      .toSorted(),
  }));

(MONGODB_URL === undefined ? describe.skip : describe)('what can be asked with SQL', () => {
  const systems: SystemUnderTest[] = [];
  afterAll(() => Promise.all(systems.map((system) => system.close())));

  const filled = async (events: Iterable<DomainEvent>, seals = false) => {
    const system = await SystemUnderTest.create(undefined, seals);
    systems.push(system);
    for (const event of events) await system.append(event);
    return system;
  };
  const ask = async (system: SystemUnderTest, statement: string): Promise<Row[]> => {
    const { status, out, complaints } = await system.chatctl('sql', statement, '--format', 'json');
    expect([status, complaints]).toEqual([0, '']);
    return out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Row);
  };
  const expectSame = async (system: SystemUnderTest, rooms: readonly Room[], seqs: readonly number[]) => {
    const of = (seq: number) =>
      `select ${seq} as upto, m.*, coalesce((select list(user_id || ' ' || coalesce(user_name, '?') || ' ' || emoji)
       from reactions_at(${seq}) r where r.message_id = m.message_id), []) as reactions from messages_at(${seq}) m`;
    const asked = await ask(system, `${seqs.map(of).join(' union all ')} order by upto, room, n`);
    let compared = 0;
    for (const seq of seqs) {
      for (const room of rooms) {
        const { status, out, complaints } = await system.chatctl('at', String(seq), '--room', room, '--json');
        const expected = status === 0 ? rowsOf(JSON.parse(out) as At) : [];
        if (status !== 0) expect(complaints).toContain('nothing');
        const rows = asked.filter((row) => row['upto'] === seq && row['room'] === room);
        expect(
          rows.map((row) => ({
            ...Object.fromEntries(Object.keys(expected[0] ?? {}).map((name) => [name, row[name]])),
            reactions: (row['reactions'] as string[]).toSorted(),
          })),
        ).toEqual(expected);
        compared += expected.length;
      }
    }
    return compared;
  };

  describe('of a log in which everything happens', () => {
    let system: SystemUnderTest;
    let length: number;
    let store: DocumentStore;
    let people: DocumentStore;
    beforeAll(async () => {
      system = await filled(randomLog(14, 900, true));
      length = await system.log.lastSeq();
      const records: LogRecord[] = [];
      for await (const record of system.log.read()) records.push(record);
      const folds = [await Replay.start<unknown>(timeline), await Replay.start<unknown>(directory)] as const;
      for (const fold of folds) await fold.fold(records);
      [store, people] = [folds[0].store, folds[1].store];
    });

    it('are messages and reactions as the fold makes them, at any sequence', async () => {
      const roll = dice(3);
      const seqs = [length, ...Array.from({ length: 9 }, () => 1 + roll(length))];
      expect(await expectSame(system, ROOMS, seqs)).toBeGreaterThan(500);
    });

    it('are the same as of the end', async () => {
      const differing = await ask(
        system,
        `(from messages except from messages_at(${length})) union all by name (from messages_at(${length}) except from messages)
         union all by name (from reactions except from reactions_at(${length})) union all by name
         (from reactions_at(${length}) except from reactions)`,
      );
      expect(differing).toEqual([]);
      expect(await ask(system, 'select count(*) > 20 as many from reactions')).toEqual([{ many: true }]);
    });

    it('are the marks of who has seen what', async () => {
      const stored: SeenDocument[] = [];
      for (const room of ROOMS)
        stored.push(...(await store.range<SeenDocument>('seen', { from: `${room}:`, to: `${room};`, limit: 1e4 })));
      const expected = stored.map(({ room, userId, n, at, seq }) => ({ room, user_id: userId, n, seen_at: at, seq }));
      const asked = await ask(system, 'select room, user_id, n, seen_at, seq from seen order by seq');
      expect(asked).toEqual(expected.toSorted((a, b) => a.seq - b.seq));
      expect(asked.length).toBeGreaterThan(5);
      const last = await ask(system, 'select room, user_id, n from seen where latest');
      for (const room of ROOMS.filter((each) => each.startsWith('direct:'))) {
        const [head] = await store.get<HeadDocument>('heads', [room]);
        const heads = head?.chat?.users
          .map((user, side) => [user, head.chat!.seen[side]!.n])
          .filter(([, n]) => n !== 0);
        const seen = last.filter((row) => row['room'] === room).map((row) => [row['user_id'], row['n']]);
        expect(new Map(seen as [string, number][])).toEqual(new Map((heads ?? []) as [string, number][]));
      }
    });

    it('are the rooms, and how many messages each has', async () => {
      const asked = await ask(system, 'select room, kind, messages from rooms where messages > 0 order by room');
      const heads = await store.get<HeadDocument>('heads', [...ROOMS]);
      const expected = heads
        .filter(({ n }) => n > 0)
        .map(({ _id, n }) => ({ room: _id, kind: _id.split(':')[0]!, messages: n }));
      expect(asked).toEqual(expected.toSorted((a, b) => (a.room < b.room ? -1 : 1)));
    });

    it('are people, what they are called and their clan', async () => {
      const asked = await ask(system, 'select user_id, name, clan_id from users');
      const documents = await people.range<PersonDocument>('people', { from: '', to: '~', limit: 100 });
      expect(documents.length).toBeGreaterThan(3);
      for (const { userId, name, clanId, profileSeq } of documents) {
        const row = asked.find((each) => each['user_id'] === userId)!;
        expect([userId, row['clan_id']]).toEqual([userId, clanId]);
        if (profileSeq > 0 || name === ERASED_NAME) expect([userId, row['name']]).toEqual([userId, nameOf(name)]);
      }
      expect(asked.map((row) => row['user_id']).toSorted()).toEqual(PEOPLE.toSorted());
    });
  });

  it('are the changes of a room, and who blocks whom', async () => {
    const system = await filled(randomLog(7, 300, false));
    const room = ROOMS.find((each) => each.startsWith('direct:'))!;
    const [one, other] = roomIds(room) as [string, string];
    const at = (n: number) => `2026-03-01T00:00:0${n}.000Z`;
    const block = (n: number, by: string, blockers: readonly string[], type: BlockEvent['type'] = 'PersonBlocked') =>
      ({
        type,
        room,
        id: `block.${String(n).padStart(24, '0')}`,
        at: at(n),
        by,
        blockers: [...blockers],
      }) as BlockEvent;
    const told = [block(1, one, [one]), block(2, other, [one, other]), block(3, one, [other], 'PersonUnblocked')];
    for (const event of [...told, block(4, 'a stranger', [one, other])]) await system.append(event);
    const fold = await Replay.start<unknown>(timeline);
    const records: LogRecord[] = [];
    for await (const record of system.log.read()) records.push(record);
    await fold.fold(records);
    const stored: MessageDocument[] = [];
    for (const each of ROOMS) {
      const range = { from: `${each}:`, to: `${each};`, limit: 1e4 };
      stored.push(...(await fold.store.range<MessageDocument>('messages', range)));
    }
    const key = ({ room, n, rev, seq }: Row) => `${String(room)} ${String(n)} ${String(rev)} ${String(seq)}`;
    const asked = await ask(system, 'select room, n, max(rev) as rev, max(seq) as seq from changes group by all');
    expect(asked.map(key).toSorted()).toEqual(stored.map((document) => key({ ...document })).toSorted());
    const [head] = await fold.store.get<HeadDocument>('heads', [room]);
    expect(head?.chat?.blockers).toEqual([other]);
    const seq = records.findLast(({ type }) => type === 'PersonBlocked')!.seq - 2;
    expect(await ask(system, 'from blocks')).toEqual([
      { room, user_id: other, blocked_id: one, blocked_at: at(2), seq },
    ]);
  });

  it('are the same of sealed texts, with the keys, after an erasure, and without the keys', async () => {
    const system = await filled(randomLog(7, 300, false), true);
    const end = await system.log.lastSeq();
    expect(await expectSame(system, ROOMS, [end, 150])).toBeGreaterThan(60);
    expect((await system.chatctl('erase', '--user', '1')).complaints).toBe('');
    const [gone] = await ask(
      system,
      `select count(*) filter (erased) as erased, count(*) filter (content is null) as null_texts,
      count(*) filter (sealed) as sealed from messages where sender_id = '1' and not deleted`,
    );
    expect(gone).toMatchObject({ sealed: 0 });
    expect(gone!['erased']).toBe(gone!['null_texts']);
    expect(Number(gone!['erased'])).toBeGreaterThan(3);
    expect(await expectSame(system, ROOMS, [end, 150])).toBeGreaterThan(60);
    const { KEYS_MASTER: _, ...env } = system.env;
    Object.assign(system, { env });
    const [row] = await ask(
      system,
      `select count(content) as texts, count(sender_name) as names, count(*) as messages, bool_and(sealed or erased) as all_sealed from messages where not deleted`,
    );
    expect(row).toMatchObject({ texts: 0, names: 0, all_sealed: true });
    expect(Number(row!['messages'])).toBeGreaterThan(30);
  });

  it('has as many reactions to a message as the fold keeps', async () => {
    const room = clanRoom('3');
    const message = posted(room, 'hello');
    const { messageId, at } = message;
    const by = (n: number) => ({ room, at, messageId, userId: `user ${n}` });
    const id = (n: number) => `react.${n.toString(16).padStart(24, '0')}`;
    const add = (n: number, of: number): DomainEvent => ({
      type: 'ReactionAdded',
      id: id(n),
      ...by(of),
      userName: 'X',
      emoji: '👍',
    });
    const events: DomainEvent[] = Array.from({ length: 503 }, (_, i) => add(i, i));
    // One leaves, one who was too late comes again, and one changes theirs.
    events.push({ type: 'ReactionRemoved', id: id(600), ...by(3) }, add(601, 501), {
      ...add(602, 7),
      emoji: '🎉',
    } as DomainEvent);
    const system = await filled([message]);
    for (const event of events) await system.append(event);
    const end = await system.log.lastSeq();
    expect(await expectSame(system, [room], [end, end - 1, end - 3, 502, 100])).toBe(5);
    expect(await ask(system, 'select count(*) as n from reactions')).toEqual([{ n: 500 }]);
  });
});
