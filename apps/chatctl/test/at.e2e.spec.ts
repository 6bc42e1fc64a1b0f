import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, type DomainEvent, keySequence, type Room } from '#domain';
import { MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:06.000Z';

interface Then {
  readonly seq: number;
  readonly at: string;
  readonly messages: readonly { readonly n: number; readonly content: string; readonly deleted: boolean }[];
  readonly changes: readonly object[];
  readonly unfoldable: readonly object[];
}

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl at', () => {
  const room = clanRoom('the bold');
  let system: SystemUnderTest;
  /** What each event was, its sequence, and a time at which it was the last. */
  const seqs = new Map<string, number>();
  const times = new Map<string, string>();
  let hello: ReturnType<typeof posted>;
  let secret: ReturnType<typeof posted>;

  const about = (of: Room, messageId: string, userId: string) => ({ room: of, at, messageId, userId });
  const append = async (name: string, event: DomainEvent) => {
    const seq = await system.append(event);
    seqs.set(name, seq);
    times.set(name, new Date((await system.log.recordAt(seq))!.at).toISOString());
    // So that no two are of one moment.
    await sleep(5);
  };
  const json = async (when: string | number, written = 'clan:the bold'): Promise<Then> => {
    const { status, out, complaints } = await system.chatctl('at', String(when), '--room', written, '--json');
    expect([status, complaints]).toEqual([0, '']);
    return JSON.parse(out) as Then;
  };
  const contents = ({ messages }: Then) => messages.map(({ content, deleted }) => (deleted ? null : content));

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    await append('before', posted(clanRoom('others'), 'elsewhere'));
    hello = posted(room, 'Hello');
    secret = posted(room, 'a \u001b[2Jsecret\u009b', '2');
    await append('hello', hello);
    await append('secret', secret);
    await append('edit', {
      ...{ type: 'MessageEdited', id: `edit.${nextKey()}`, content: 'Hello!' },
      ...about(room, hello.messageId, '1'),
    });
    await append('reaction', {
      ...{ type: 'ReactionAdded', id: `react.${nextKey()}`, userName: 'Bob', emoji: '👍' },
      ...about(room, hello.messageId, '2'),
    });
    await append('second edit', {
      ...{ type: 'MessageEdited', id: `edit.${nextKey()}`, content: 'Hello, all' },
      ...about(room, hello.messageId, '1'),
    });
    await append('deletion', {
      ...{ type: 'MessageDeleted', id: `delete.${nextKey()}`, senderId: '2' },
      ...about(room, secret.messageId, '2'),
    });
    // Changes nothing any more, and one of a message that is not there changes nothing either.
    await append('too late', {
      ...{ type: 'MessageEdited', id: `edit.${nextKey()}`, content: 'no secret' },
      ...about(room, secret.messageId, '2'),
    });
    await append('of none', {
      ...{ type: 'MessageDeleted', id: `delete.${nextKey()}`, senderId: '2' },
      ...about(room, nextKey(), '2'),
    });
    await append('elsewhere', posted(clanRoom('others'), 'elsewhere again'));
    system.start('one');
    await system.folded();
  });
  afterAll(() => system.close());

  it('shows the messages of a room as they were at a sequence of the log, and no others', async () => {
    expect(contents(await json(seqs.get('hello')!))).toEqual(['Hello']);
    expect(contents(await json(seqs.get('secret')!))).toEqual(['Hello', secret.content]);
    expect(contents(await json(seqs.get('edit')!))).toEqual(['Hello!', secret.content]);
    expect(contents(await json(seqs.get('second edit')!))).toEqual(['Hello, all', secret.content]);
    expect(contents(await json(seqs.get('elsewhere')!))).toEqual(['Hello, all', null]);
  });

  it('shows them as they were at a time', async () => {
    for (const name of ['hello', 'secret', 'edit', 'second edit', 'deletion']) {
      const then = await json(times.get(name)!);
      expect(then).toEqual(await json(seqs.get(name)!));
      expect([then.seq, then.at]).toEqual([seqs.get(name), times.get(name)]);
    }
    // By then the first of them is more than a second ago.
    await sleep(Math.max(0, Date.parse(times.get('hello')!) + 1_100 - Date.now()));
    expect((await json('1s')).seq).toBeLessThanOrEqual(seqs.get('of none')!);
    expect((await json('2999-01-31')).seq).toBe(seqs.get('of none'));
  });

  it('shows what the read models held, in the end', async () => {
    const then = await json(seqs.get('elsewhere')!, 'clan:the=20bold');
    const query = { from: room, to: `${room};`, limit: 10 };
    const stored = await system.readModels.projection('timeline', 1).range('messages', query);
    expect(stored).toHaveLength(2);
    const { messageId } = hello;
    expect(then.messages[0]).toEqual({
      ...{ n: 1, rev: 5, messageId, at: hello.at, content: 'Hello, all', feeling: null, replyTo: null },
      ...{ editedAt: at, deleted: false },
      ...{ sender: { id: '1', name: 'Ada', avatar: null } },
      ...{ reactions: [{ userId: '2', userName: 'Bob', emoji: '👍' }] },
    });
    for (const [i, document] of stored.entries()) {
      const {
        replyTo: _,
        editedAt = null,
        deleted = false,
        ...shown
      } = { ...then.messages[i] } as Record<string, unknown>;
      const marks = { ...(editedAt !== null && { editedAt }), ...(deleted === true && { deleted }) };
      expect(document).toMatchObject({ ...shown, ...marks });
    }
  });

  it('says who changed what until then, when, and what it said before', async () => {
    const changes = [
      {
        ...{ seq: seqs.get('edit'), at, type: 'edited', userId: '1', n: 1, messageId: hello.messageId },
        ...{ before: 'Hello', after: 'Hello!' },
      },
      {
        ...{ seq: seqs.get('second edit'), at, type: 'edited', userId: '1', n: 1, messageId: hello.messageId },
        ...{ before: 'Hello!', after: 'Hello, all' },
      },
      {
        ...{ seq: seqs.get('deletion'), at, type: 'deleted', userId: '2', n: 2, messageId: secret.messageId },
        ...{ before: secret.content, after: null },
      },
    ];
    expect((await json(seqs.get('secret')!)).changes).toEqual([]);
    expect((await json(seqs.get('reaction')!)).changes).toEqual(changes.slice(0, 1));
    expect((await json(seqs.get('elsewhere')!)).changes).toEqual(changes);
  });

  it('writes it for people, who are safe from what others wrote', async () => {
    const text = async (name: string, ...more: string[]) => {
      const words = ['at', String(seqs.get(name)), '--room', 'clan:the bold', ...more];
      return (await system.chatctl(...words)).out.split('\n');
    };
    expect(await text('reaction', '--changes')).toEqual([
      `clan:the=20bold as of event ${seqs.get('reaction')}, ${times.get('reaction')}: 2 messages`,
      `1  ${hello.at}  Ada (1): "Hello!"  edited ${at}  👍 Bob`,
      String.raw`2  ${secret.at}  Ada (2): "a \u001b[2Jsecret\u009b"`,
      'edited and deleted until then:',
      `event ${seqs.get('edit')}  ${at}  1 edited message 1: "Hello" → "Hello!"`,
      '',
    ]);
    expect(await text('deletion')).toHaveLength(4);
    expect((await text('deletion', '--changes')).slice(2, -1)).toEqual([
      `2  ${secret.at}  Ada (2): deleted`,
      'edited and deleted until then:',
      expect.stringContaining('"Hello" → "Hello!"'),
      expect.stringContaining('"Hello!" → "Hello, all"'),
      String.raw`event ${seqs.get('deletion')}  ${at}  2 deleted message 2: "a \u001b[2Jsecret\u009b"`,
    ]);
    expect((await text('secret', '--changes')).at(-2)).toBe('nothing was edited or deleted until then');
  });

  it('says what a message is a reply to, and writes nothing that turns or hides text', async () => {
    const talk = clanRoom('talk');
    const first = posted(talk, 'abc \u202egnp.exe\u2066 \u{e0041} 👩‍💻 ❤️');
    await system.append(first);
    const seq = await system.append({ ...posted(talk, 'yes', '2'), replyTo: first.messageId });
    const { messages } = await json(seq, talk);
    expect(messages).toMatchObject([{ replyTo: null }, { replyTo: first.messageId }]);
    const { out } = await system.chatctl('at', String(seq), '--room', talk);
    expect(out.split('\n').slice(1, -1)).toEqual([
      String.raw`1  ${first.at}  Ada (1): "abc \u202egnp.exe\u2066 \udb40\udc41 👩‍💻 ❤️"`,
      `2  ${first.at}  Ada (2), to message 1: "yes"`,
    ]);
  });

  it('leaves out what cannot be folded, and says so', async () => {
    const direct = directRoom('5', '6');
    const message = posted(direct, 'no chat');
    const seq = await system.append(message);
    const edit = { type: 'MessageEdited', id: `edit.${nextKey()}`, content: 'still none' } as const;
    const end = await system.append({ ...edit, ...about(direct, message.messageId, '1') });
    expect(await json(end, 'direct:6:5')).toMatchObject({
      messages: [],
      changes: [],
      unfoldable: [{ seq, reason: expect.stringContaining('before its chat') }],
    });
    const { out } = await system.chatctl('at', String(seq), '--room', 'direct:5:6');
    expect(out).toContain(`event ${seq} is left out, it cannot be folded: a message in direct:5:6 before its chat`);
  });

  it('says what there is where there was nothing', async () => {
    const complaint = async (when: string, written: string) => {
      const { status, out, complaints } = await system.chatctl('at', when, '--room', written);
      expect([status, out]).toEqual([2, '']);
      expect(complaints).not.toContain('chatctl token');
      return complaints;
    };
    const begins = `there was nothing in ${room} yet: it begins with event ${seqs.get('hello')}, at ${times.get('hello')}`;
    for (const when of [String(seqs.get('before')), times.get('before')!, '2020-01-31', '7d']) {
      expect(await complaint(when, 'clan:the bold')).toContain(begins);
    }
    expect(await complaint('1s', 'clan:of nobody')).toContain('the log has nothing of clan:of=20nobody');
    expect(await complaint('1000000', 'clan:the bold')).toMatch(/the log ends at \d+: there is no 1000000 yet/);
  });

  it.each([
    [[], 'say when: '],
    [['yesterday', '--room', 'global'], 'say when: '],
    [['0', '--room', 'global'], 'say when: '],
    [['2026-02-30T25:00', '--room', 'global'], 'say when: '],
    [['2026-01-31 18:30', '--room', 'global'], 'say when: '],
    [['10m', '5m', '--room', 'global'], 'one time, not 10m 5m'],
    [['10m'], 'say which room: --room global'],
    [['10m', '--room', 'elsewhere'], 'say which room: --room global'],
    [['10m', '--room', 'partition:0'], 'say which room: --room global'],
    [['10m', '--room', 'user:7'], 'say which room: --room global'],
  ])('wants a time and a room: %j', async (words, complaint) => {
    const { status, complaints } = await system.chatctl('at', ...words);
    expect([status, complaints]).toEqual([2, expect.stringContaining(complaint)]);
  });
});
