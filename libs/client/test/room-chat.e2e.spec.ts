import { describe, expect, it } from '@jest/globals';
import { until } from '../../../apps/gateway/test/until.js';
import { type Command, type OutboxStore, type RoomMessage } from '../src/index.js';
import { people, Person, serve, server } from './people-in-rooms.js';

serve();

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`);

describe('rooms', () => {
  it('begin with what is there, and tell each message once and in order', async () => {
    const [ada, bob] = await people('r-begin');
    const ids = await Promise.all(numbers(1, 30).map((content) => ada.chat.send('clan', content)));
    expect(new Set(ids).size).toBe(30);
    await until('all is told', () => [ada, bob].every(({ said }) => said.length === 30));
    expect(bob.said).toEqual(numbers(1, 30));
    expect(ada.chat.pending).toEqual([]);
    const late = new Person('r-late', 'r-begin');
    await until('it is there', () => late.isThere);
    expect([late.resets, late.said, late.shown]).toEqual([[30], [], numbers(1, 30)]);
    expect(ada.chat.latest('clan').map(({ _id }) => _id)).toEqual(ids);
  });

  it('lose nothing and double nothing where connections are cut again and again while people talk', async () => {
    const [ada, bob] = await people('r-cuts');
    const sent: Promise<string>[] = [];
    for (let i = 1; i <= 120; i++) {
      sent.push((i % 2 ? ada : bob).chat.send('clan', `${i}`));
      if (i % 20 === 0) {
        const proxy = server.proxies[(i / 20) % 2]!;
        proxy.cut();
        setTimeout(() => {
          proxy.mend();
        }, 100);
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    await Promise.all(sent);
    await until('both have all', () => [ada, bob].every(({ said }) => said.length >= 120));
    expect(ada.said).toEqual(bob.said);
    expect(ada.said.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(1, 120));
    // Each person's own, in the order they were given.
    expect(ada.said.filter((content) => Number(content) % 2)).toEqual(numbers(1, 120).filter((_, i) => i % 2 === 0));
    expect([ada, bob].map(({ resets }) => resets.length)).toEqual([1, 1]);
    expect(ada.shown).toEqual(ada.said);
  });

  it('are there anew after a long time away, by one reset and without a hole', async () => {
    const [ada, bob] = await people('r-long');
    await ada.chat.send('clan', 'before');
    await until('it is told', () => bob.said.length === 1);
    server.proxies[1]!.cut();
    await until('it is noticed', () => bob.chat.state.state === 'connecting');
    await Promise.all(numbers(1, 60).map((content) => ada.chat.send('clan', content)));
    // Sent is not yet told: what is told once he is back, he has not missed.
    await until('all is told', () => ada.said.length === 61);
    server.proxies[1]!.mend();
    await until('it is there again', () => bob.resets.length === 2);
    await ada.chat.send('clan', 'after');
    await until('the next is told', () => bob.said.at(-1) === 'after');
    expect(bob.said).toEqual(['before', 'after']);
    expect(bob.shown).toEqual([...numbers(11, 60), 'after']);
    const all: string[] = [];
    for await (const { content } of bob.chat.history('clan')) all.push(content);
    expect(all).toEqual(['after', ...numbers(1, 60).reverse(), 'before']);
  });

  it('have replies, also those of a time away, and the threads that they make', async () => {
    const [ada, bob] = await people('r-reply');
    const root = await ada.chat.send('clan', 'who is in?');
    server.proxies[0]!.cut();
    await until('it is noticed', () => ada.chat.state.state === 'connecting');
    const first = await bob.chat.send('clan', 'me', { replyTo: root });
    await bob.chat.send('clan', 'something else');
    server.proxies[0]!.mend();
    const second = await ada.chat.send('clan', 'me too', { replyTo: first });
    await until('all is told', () => [ada, bob].every(({ said }) => said.length === 4));
    for (const { chat } of [ada, bob]) {
      const shown = chat.latest('clan').map(({ reply_to }) => reply_to);
      expect(shown).toEqual([undefined, root, undefined, first]);
      const thread: RoomMessage[] = [];
      for await (const message of chat.thread(second)) thread.push(message);
      expect(thread.map(({ _id, content }) => [_id, content])).toEqual([
        [root, 'who is in?'],
        [first, 'me'],
        [second, 'me too'],
      ]);
    }
    await expect(bob.chat.send('clan', 'me three', { replyTo: 'ab'.repeat(12) })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('read a thread of any length', async () => {
    const [ada] = await people('r-thread');
    const root = await ada.chat.send('clan', '0');
    await Promise.all(numbers(1, 120).map((content) => ada.chat.send('clan', content, { replyTo: root })));
    await until('all is told', () => ada.said.length === 121);
    const thread: string[] = [];
    for await (const { content } of ada.chat.thread(root)) thread.push(content);
    expect(thread).toEqual(numbers(0, 120));
  });

  it('show reactions as they are, also those of a time away', async () => {
    const [ada, bob] = await people('r-react');
    const id = await ada.chat.send('clan', 'look');
    await until('it is told', () => bob.said.length === 1);
    server.proxies[1]!.cut();
    await until('it is noticed', () => bob.chat.state.state === 'connecting');
    await ada.chat.react('clan', id, '👍');
    server.proxies[1]!.mend();
    const reactions = () => bob.chat.latest('clan')[0]?.reactions.map(({ emoji }) => emoji);
    await until('it is shown', () => reactions()?.[0] === '👍');
    await ada.chat.react('clan', id, '');
    await until('it is taken back', () => reactions()?.length === 0);
    expect(bob.resets).toHaveLength(1);
  });
});

describe('a message that was said', () => {
  it('is edited and deleted, also for those who were away', async () => {
    const [ada, bob] = await people('e-edit');
    const changes: string[] = [];
    bob.chat.on('change', ({ message }) => changes.push(message.deleted ? 'deleted' : message.content));
    const ids = await Promise.all(['one', 'two', 'three'].map((content) => ada.chat.send('clan', content)));
    await until('they are told', () => bob.said.length === 3);
    await ada.chat.edit('clan', ids[0]!, 'first');
    await until('it is shown', () => bob.shown[0] === 'first');
    server.proxies[1]!.cut();
    await until('it is noticed', () => bob.chat.state.state === 'connecting');
    await ada.chat.edit('clan', ids[1]!, 'second');
    await ada.chat.delete('clan', ids[2]!);
    await until('all is told', () => ada.shown[1] === 'second' && ada.shown[2] === '');
    server.proxies[1]!.mend();
    await until('all is shown', () => bob.shown[2] === '');
    expect(bob.shown).toEqual(['first', 'second', '']);
    expect(bob.chat.latest('clan').map(({ editedAt, deleted }) => [editedAt !== undefined, deleted])).toEqual([
      [true, undefined],
      [true, undefined],
      [false, true],
    ]);
    expect([changes, bob.resets]).toEqual([['first', 'second', 'deleted'], [0]]);
    await expect(bob.chat.edit('clan', ids[0]!, 'mine')).rejects.toMatchObject({ code: 'not_yours' });
    await expect(ada.chat.edit('clan', ids[2]!, 'again')).rejects.toMatchObject({ code: 'deleted' });
    await expect(bob.chat.react('clan', ids[2]!, '👍')).rejects.toMatchObject({ code: 'deleted' });
    await ada.chat.delete('clan', ids[2]!);
  });
});

describe('what is said', () => {
  it('waits for a connection, is said once, and shows as pending meanwhile', async () => {
    const [ada, bob] = await people('s-waits');
    server.proxies[0]!.cut();
    await until('it is noticed', () => ada.chat.state.state === 'connecting');
    const pending: number[] = [];
    ada.chat.on('pending', (commands: readonly Command[]) => pending.push(commands.length));
    const sent = [ada.chat.send('clan', 'one'), ada.chat.send('clan', 'two')];
    expect(ada.chat.pending.map(({ data }) => (data as RoomMessage).content)).toEqual(['one', 'two']);
    server.proxies[0]!.mend();
    await Promise.all(sent);
    await until('it is told', () => bob.said.length === 2);
    expect([bob.said, pending]).toEqual([
      ['one', 'two'],
      [1, 2, 1, 0],
    ]);
  });

  it('is the same reply where the page is gone before it could be sent', async () => {
    const [, bob] = await people('s-reload');
    const root = await bob.chat.send('clan', 'who is in?');
    const kept = new Map<string, string>();
    const outbox: OutboxStore = {
      load: () => Promise.resolve([...kept.values()].map((text) => JSON.parse(text) as Command)),
      put: (command) => Promise.resolve(void kept.set(command.id, JSON.stringify(command))),
      remove: (id) => Promise.resolve(void kept.delete(id)),
    };
    const before = new Person('s-reload-eve', 's-reload', { outbox });
    before.chat.disconnect();
    void before.chat.send('clan', 'me', { replyTo: root });
    await until('it is kept', () => kept.size === 1);
    const after = new Person('s-reload-eve', 's-reload', { outbox });
    await until('it is told', () => bob.said.at(-1) === 'me');
    expect(bob.chat.latest('clan').at(-1)).toMatchObject({ content: 'me', reply_to: root });
    await until('nothing waits any more', () => after.chat.pending.length === 0 && kept.size === 0);
  });

  it('is the same message where its answer was lost', async () => {
    const [ada, bob] = await people('s-lost');
    server.proxies[0]!.loseAnswers();
    const sent = ada.chat.send('clan', 'once');
    await until('it is told to others', () => bob.said.length === 1);
    server.proxies[0]!.cut();
    server.proxies[0]!.mend();
    const id = await sent;
    expect(bob.chat.latest('clan').at(-1)!._id).toBe(id);
    await ada.chat.send('clan', 'next');
    await until('the next is told', () => bob.said.at(-1) === 'next' && ada.said.at(-1) === 'next');
    expect([ada.said, bob.said]).toEqual([
      ['once', 'next'],
      ['once', 'next'],
    ]);
  });

  it('is refused in words where it can never be said, and keeps nothing else back', async () => {
    const loner = new Person('s-loner', '');
    const refused: string[] = [];
    loner.chat.on('refused', ({ command, error }) => refused.push(`${command.event} ${error.code}`));
    const sent = loner.chat.send('clan', 'anybody?');
    await expect(sent).rejects.toMatchObject({
      name: 'CommandRefused',
      code: 'no_clan',
      message: 'you are in no clan',
    });
    await expect(loner.chat.send('global', ' ')).rejects.toMatchObject({ code: 'invalid' });
    const large = loner.chat.send('global', 'x'.repeat(100_000));
    const next = loner.chat.send('global', 'hello');
    await expect(large).rejects.toMatchObject({ code: 'too_large' });
    expect(await next).toMatch(/^[0-9a-f]{24}$/);
    expect(refused).toEqual(['clanMessage no_clan', 'globalMessage invalid', 'globalMessage too_large']);
  });
});
