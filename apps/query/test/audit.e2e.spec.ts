import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { blockPerson, clanRoom, deleteMessage, type DomainEvent, editMessage, GLOBAL_ROOM, type Room } from '#domain';
import { ofKinds, READ_AT_MOST } from '../src/audit/audited-events.js';
import { type Answer, context, key, person, QueryUnderTest, stores } from './query-under-test.js';

interface Entry {
  readonly seq: number;
  readonly type: string;
  readonly room: string;
  readonly by: string;
  readonly messageId: string;
  readonly content?: string;
  readonly before: string | null;
}
interface Page {
  readonly data: readonly Entry[];
  readonly next: number | null;
}

const firstError = ({ body }: Answer): unknown => (body as { errors: unknown[] }).errors[0];

describe.each(stores)('what was edited and deleted, read models %s', (_, open) => {
  let query: QueryUnderTest;
  const seqs: number[] = [];
  const messages: string[] = [];
  const at = new Date().toISOString();
  const of = (room: Room, messageId: string, userId: string) => ({
    command: { ...context(), messageId, userId },
    state: { room, message: { room, sender: { id: userId }, at } },
  });
  const edit = async (room: Room, messageId: string, userId: string, content: string) => {
    const { command, state } = of(room, messageId, userId);
    const { seq } = await query.append<DomainEvent>(editMessage({ ...command, content, withinSeconds: 900 }, state));
    seqs.push(seq);
    return seq;
  };
  const remove = async (room: Room, messageId: string, userId: string) => {
    const { command, state } = of(room, messageId, userId);
    const { seq } = await query.append<DomainEvent>(deleteMessage(command, state));
    seqs.push(seq);
    return seq;
  };
  const said = (event: object): string => (event as { messageId: string }).messageId;
  const page = async (parameters = ''): Promise<Page> => {
    const { status, body } = await query.service('GET', `/audit${parameters}`);
    expect([parameters, status]).toEqual([parameters, 200]);
    return body as Page;
  };
  const shown = ({ data }: Page) =>
    data.map(({ seq, type, by, before, content }) => [seqs.indexOf(seq), type, by, before, content]);

  const ROOM = clanRoom('a b');
  let middle: string;

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    for (const [sender, content] of [
      ['7', 'one'],
      ['8', 'two'],
      ['7', 'three'],
    ] as const) {
      messages.push(said(await query.say(person(sender), content)));
    }
    messages.push(said(await query.sayInClan('a b', person('7'), 'in the clan')));
    await edit(GLOBAL_ROOM, messages[0]!, '7', 'one!');
    await edit(GLOBAL_ROOM, messages[1]!, '8', 'two!');
    await edit(GLOBAL_ROOM, messages[0]!, '7', 'one!!');
    await new Promise((resolve) => setTimeout(resolve, 5));
    middle = new Date((await query.log.recordAt(seqs[2]!))!.at + 1).toISOString();
    await remove(GLOBAL_ROOM, messages[1]!, '8');
    await edit(ROOM, messages[3]!, '7', 'in the clan!');
    await remove(GLOBAL_ROOM, messages[2]!, '7');
    // What is deleted says nothing any more.
    await edit(GLOBAL_ROOM, messages[1]!, '8', 'too late');
    await query.projected();
  });
  afterAll(() => query.stop());

  const all = [
    [0, 'MessageEdited', '7', 'one', 'one!'],
    [1, 'MessageEdited', '8', 'two', 'two!'],
    [2, 'MessageEdited', '7', 'one!', 'one!!'],
    [3, 'MessageDeleted', '8', 'two!', undefined],
    [4, 'MessageEdited', '7', 'in the clan', 'in the clan!'],
    [5, 'MessageDeleted', '7', 'three', undefined],
    [6, 'MessageEdited', '8', null, 'too late'],
  ];

  it('is told oldest first, with who did it and what was said before', async () => {
    const whole = await page();
    expect([shown(whole), whole.next]).toEqual([all, null]);
    expect(whole.data[0]).toEqual({
      ...{ seq: seqs[0], type: 'MessageEdited', room: 'global', by: '7', userId: '7' },
      ...{ at: expect.stringMatching(/^2\d{3}-/), messageId: messages[0], content: 'one!', before: 'one' },
    });
  });

  it('is told of a room, of a message, of a person, and of a time or part of the log', async () => {
    const of = async (parameters: string) => shown(await page(parameters)).map(([i]) => i);
    expect(await of('?room=clan:a=20b')).toEqual([4]);
    expect(await of('?room=global')).toEqual([0, 1, 2, 3, 5, 6]);
    expect(await of('?room=clan:of')).toEqual([]);
    expect(await of('?user=8')).toEqual([1, 3, 6]);
    expect(await of('?room=global&user=7')).toEqual([0, 2, 5]);
    expect(await of(`?message_id=${messages[0]}`)).toEqual([0, 2]);
    expect(shown(await page(`?message_id=${messages[1]}&room=global`))).toEqual([all[1], all[3], all[6]]);
    expect(await of(`?from=${seqs[2]}&until=${seqs[4]}`)).toEqual([2, 3, 4]);
    expect(await of(`?from=${middle}`)).toEqual([3, 4, 5, 6]);
    expect(await of(`?until=${middle}`)).toEqual([0, 1, 2]);
    expect(await of('?until=2020-01-31')).toEqual([]);
    expect(await of('?from=2999-01-31T18:30:00Z')).toEqual([]);
  });

  it('says what was said before also where the page begins in the middle', async () => {
    expect(shown(await page(`?from=${seqs[2]}`))).toEqual(all.slice(2));
    expect(shown(await page(`?from=${seqs[6]}`))).toEqual(all.slice(6));
  });

  it('is told page by page', async () => {
    const pages: unknown[] = [];
    for (let after: number | null = 0; after !== null;) {
      const { data, next }: Page = await page(`?limit=3&after=${after}`);
      pages.push(data.map(({ seq }) => seqs.indexOf(seq)));
      after = next;
    }
    expect(pages).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('of a page is bounded in what is read for it, and goes on behind that', async () => {
    const last = Math.max(...seqs);
    const messageId = messages[2]!;
    const fact = { type: 'MessageDeleted', room: GLOBAL_ROOM, at, messageId, userId: '9', senderId: '9' } as const;
    const deletions = Array.from({ length: READ_AT_MOST }, () => query.log.append({ ...fact, id: `delete.${key()}` }));
    await Promise.all(deletions);
    const end = await edit(GLOBAL_ROOM, messages[0]!, '7', 'at the end');
    const first = await page(`?user=7&after=${last}`);
    expect(first).toEqual({ data: [], next: end - 1 });
    const second = await page(`?user=7&after=${first.next}`);
    expect(second.data).toMatchObject([{ seq: end, content: 'at the end', before: null }]);
    expect(second.next).toBeNull();
  });

  it('leaves out what cannot be read', async () => {
    const before = await query.log.lastSeq();
    await query.log.append({ type: 'MessageEdited', room: GLOBAL_ROOM, id: `edit.${key()}`, at } as never);
    await remove(GLOBAL_ROOM, messages[0]!, '7');
    const deletion = { type: 'MessageDeleted', messageId: messages[0] };
    // What it said last is more than a page of changes back: of many messages that is too far, of one it is not.
    expect((await page(`?after=${before}`)).data).toMatchObject([{ ...deletion, before: null }]);
    const ofOne = await page(`?after=${before}&message_id=${messages[0]}`);
    expect(ofOne.data).toMatchObject([{ ...deletion, before: 'at the end' }]);
  });

  it('leaves no consumers behind', async () => {
    await page('?limit=1');
    const readers = async () => (await query.log.consumers()).filter(({ name }) => name.startsWith('read-'));
    const deadline = Date.now() + 5_000;
    while ((await readers()).length > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await readers()).toEqual([]);
  });

  it('of no message, or of one of another room, is answered as not there', async () => {
    for (const parameters of [`message_id=${'a'.repeat(24)}`, `room=clan:3&message_id=${messages[0]}`]) {
      const answer = await query.service('GET', `/audit?${parameters}`);
      expect([answer.status, firstError(answer)]).toMatchObject([404, { reason: 'NOT_FOUND', field: 'message_id' }]);
    }
  });

  it('is for the surrounding application alone', async () => {
    const answer = await query.get('/audit', '7');
    expect([answer.status, firstError(answer)]).toMatchObject([403, { reason: 'NOT_AUTHORIZED' }]);
  });

  it.each([
    ['room=elsewhere', 'room'],
    ['message_id=1', 'message_id'],
    ['user=', 'user'],
    ['from=yesterday', 'from'],
    ['until=-1', 'until'],
    ['after=x', 'after'],
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
  ])('refuses %s', async (parameters, field) => {
    const answer = await query.service('GET', `/audit?${parameters}`);
    expect([answer.status, firstError(answer)]).toMatchObject([400, { reason: 'VALIDATION', field }]);
  });

  it('of a room has who was banned from it, and of a person what is held against them', async () => {
    const before = await query.log.lastSeq();
    for (const room of ['clan:a=20b', 'clan:other']) await query.service('PUT', `/rooms/${room}/bans/9`);
    const rooms = async (room: string) =>
      (await page(`?after=${before}&room=${room}`)).data.map((entry) => [entry.type, entry.by, entry.room]);
    const ban = ['PersonBanned', 'game', 'user:9'];
    expect(await rooms('clan:a=20b')).toEqual([ban]);
    expect(await rooms('user:9')).toEqual([ban, ban]);
    expect(await rooms('global')).toEqual([]);
  });

  it('has who blocked whom in a direct chat', async () => {
    const before = await query.log.lastSeq();
    const chat = await query.openChat('50', '51');
    await query.append(blockPerson({ ...context(), by: '51' }, { chat, blockers: [] }));
    const { data } = await page(`?after=${before}&room=direct:51:50`);
    expect(data).toMatchObject([{ type: 'PersonBlocked', room: chat.room, by: '51', blockers: ['51'] }]);
  });

  it('is read in the order of the log, however many kinds there are', async () => {
    const reaction = await query.reactTo(messages[3]!, ROOM, '8', '👍');
    const changed = await edit(ROOM, messages[3]!, '7', 'once more');
    const read: number[] = [];
    for await (const { seq } of ofKinds(query.log, ['react', 'msg', 'edit', 'seen'], ROOM, 1, Infinity)) read.push(seq);
    expect(read).toEqual([4, seqs[4], reaction.seq, changed]);
  });
});
