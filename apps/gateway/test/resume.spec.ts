import { describe, expect, it, jest } from '@jest/globals';
import { GLOBAL_ROOM } from '#domain';
import { Timeline } from '#projections';
import type { ResumedView } from '#protocol';
import { arrived, pass, settle } from './chat-in-memory.js';
import { CLAN, gateway, NOT_FOUND, resume, resumeAnew, said, summary } from './resumed-gateway.js';

resumeAnew();

describe('a resume in a room', () => {
  it('of which nothing is known says where it stands, and tells nothing', async () => {
    await said(3);
    const { client } = await gateway.join('ada', '7');
    const { rooms, told } = await resume(client, { clan: null, global: null });
    expect([rooms, told]).toEqual([
      {
        clan: { from: null, to: { n: 3, rev: 3 }, recovered: false },
        global: { from: null, to: { n: 0, rev: 0 }, recovered: false },
      },
      [],
    ]);
  });

  it('of a log that was restored goes on from positions of that log alone, and begins anew from any other', async () => {
    gateway.chat.log.restored = 20260101000000;
    await said(5);
    const { client } = await gateway.join('ada', '7');
    const ask = async (log?: string | null) => {
      client.send('resume', { rooms: { clan: { n: 3, rev: 3 } }, ...(log !== undefined && { log }) });
      await pass();
      return client.frames.at(-1)!.data as ResumedView;
    };
    const anew = { from: { n: 3, rev: 3 }, to: { n: 5, rev: 5 }, recovered: false };
    for (const log of [undefined, null, '', '20250101000000']) {
      // A client of before, or one that stood in the log of before, which had as many changes and others.
      expect(await ask(log)).toEqual({ rooms: { clan: anew }, log: '20260101000000' });
    }
    expect(client.frames.map(({ event }) => event)).toEqual(['resumed', 'resumed', 'resumed', 'resumed']);
    expect(await ask('20260101000000')).toMatchObject({ rooms: { clan: { recovered: true } } });
  });

  it('says nothing of the log where that was never restored, and takes no position of one that was', async () => {
    await said(5);
    const { client } = await gateway.join('ada', '7');
    client.send('resume', { rooms: { clan: { n: 3, rev: 3 } }, log: '20250101000000' });
    await pass();
    expect(client.frames.map(({ event }) => event)).toEqual(['resumed']);
    expect(client.frames[0]!.data).toEqual({
      rooms: { clan: { from: { n: 3, rev: 3 }, to: { n: 5, rev: 5 }, recovered: false } },
    });
  });

  it('is read once for all who missed the same, and tells each of them', async () => {
    const read = jest.spyOn(Timeline.prototype, 'changesBetween');
    await said(9);
    const people = await Promise.all(['ada', 'bob', 'eve'].map((who) => gateway.join(who, '7')));
    const away = { clan: { n: 4, rev: 4 } };
    const told = await Promise.all(people.map(async ({ client }) => (await resume(client, away)).told.map(summary)));
    expect(told).toEqual(people.map(() => [5, 6, 7, 8, 9].map((n) => ['newMessage', n, n])));
    expect(read).toHaveBeenCalledTimes(1);
    await resume(people[0]!.client, { clan: { n: 5, rev: 5 } });
    expect(read).toHaveBeenCalledTimes(2);
    await said(9, GLOBAL_ROOM);
    const eve = await gateway.join('eve', '7');
    const inBoth = await resume(eve.client, { clan: { n: 8, rev: 8 }, global: { n: 8, rev: 8 } });
    expect(inBoth.told).toMatchObject([{ chat: 'clan' }, { chat: 'global' }]);
    read.mockRestore();
  });

  it('tells of edits to those who have asked for them, and to nobody else who missed the same', async () => {
    const [one] = await said(2);
    const fact = { room: CLAN, id: `edit.${gateway.chat.nextKey()}`, at: '2026-01-01T00:01:00.000Z' };
    gateway.chat.append({ type: 'MessageEdited', ...fact, messageId: one!, userId: '7', content: 'edited' });
    await gateway.tell();
    const [ada, bob] = [await gateway.join('ada', '7'), await gateway.join('bob', '7')];
    ada.client.send('subscribe', { to: ['changes'] });
    await pass();
    const away = { clan: { n: 2, rev: 2 } };
    const told = [await resume(ada.client, away), await resume(bob.client, away), await resume(ada.client, away)];
    expect(told.map(({ told: frames }) => frames.map(({ event }) => event))).toEqual([
      ['messageChanged'],
      [],
      ['messageChanged'],
    ]);
    expect(told[1]!.rooms).toMatchObject({ clan: { to: { n: 2, rev: 3 }, recovered: true } });
  });

  it('tells what was missed, in order, to who asks and to nobody else, and says up to where', async () => {
    const [one] = await said(3);
    gateway.chat.react(CLAN, one!, '👍');
    await said(1);
    const [ada, bob] = [await gateway.join('ada', '7'), await gateway.join('bob', '7')];
    const { rooms, told } = await resume(ada.client, { clan: { n: 2, rev: 2 }, global: { n: 0, rev: 0 } });
    expect(rooms).toEqual({
      clan: { from: { n: 2, rev: 2 }, to: { n: 4, rev: 5 }, recovered: true },
      global: { from: { n: 0, rev: 0 }, to: { n: 0, rev: 0 }, recovered: true },
    });
    // The reaction is to an older message, which does not say where the room is.
    expect(told.map(summary)).toEqual([
      ['newMessage', 3, 3],
      ['newReaction', 1, 4, { n: 3, rev: 4 }],
      ['newMessage', 4, 5],
    ]);
    expect(bob.client.frames).toEqual([]);
  });

  it('shows messages as they are now, and beside them how far it has come', async () => {
    const [, two] = await said(3);
    gateway.chat.react(CLAN, two!, '👍');
    await gateway.tell();
    const { client } = await gateway.join('ada', '7');
    const { told } = await resume(client, { clan: { n: 1, rev: 1 } });
    expect(told.map(summary)).toEqual([
      ['newMessage', 2, 4, { n: 2, rev: 2 }],
      ['newMessage', 3, 3],
      ['newReaction', 2, 4, { n: 3, rev: 4 }],
    ]);
  });

  it('tells nothing that is told as it happens, also where it is asked late, and twice', async () => {
    await said(2);
    const { client } = await gateway.join('ada', '7');
    await said(2);
    const first = await resume(client, { clan: { n: 1, rev: 1 } });
    expect(first.told.map(summary)).toEqual([['newMessage', 2, 2]]);
    expect(first.rooms['clan']).toMatchObject({ to: { n: 2, rev: 2 }, recovered: true });
    const again = await resume(client, { clan: { n: 4, rev: 4 } });
    expect(again).toEqual({
      rooms: { clan: { from: { n: 4, rev: 4 }, to: { n: 4, rev: 4 }, recovered: true } },
      told: [],
    });
    expect(client.frames.filter(({ event }) => event === 'newMessage').map((frame) => summary(frame)[1])).toEqual([
      3, 4, 2,
    ]);
  });

  it('is not begun where too much was missed', async () => {
    await said(252);
    const { client } = await gateway.join('ada', '7');
    const asked = jest.spyOn(gateway.chat.gates, 'pass');
    const { rooms, told } = await resume(client, { clan: { n: 1, rev: 1 } });
    expect(rooms).toEqual({ clan: { from: { n: 1, rev: 1 }, to: { n: 252, rev: 252 }, recovered: false } });
    expect([told, asked.mock.calls]).toEqual([[], []]);
    const all = await resume(client, { clan: { n: 2, rev: 2 } });
    expect([all.told.length, all.rooms['clan']]).toMatchObject([250, { recovered: true }]);
  });

  it.each([
    ['ahead of it', { n: 5, rev: 6 }],
    ['with a number it never had together', { n: 4, rev: 3 }],
    ['with fewer messages than it had then', { n: 1, rev: 3 }],
    ['with other messages where it stands', { n: 3, rev: 5 }],
    ['with all messages and fewer changes', { n: 4, rev: 4 }],
    ['with no messages', { n: 0, rev: 4 }],
  ])('is not begun from a position that is not the room’s: %s', async (_, from) => {
    const [one] = await said(3);
    gateway.chat.react(CLAN, one!, '👍');
    await said(1);
    const { client } = await gateway.join('ada', '7');
    const { rooms, told } = await resume(client, { clan: from });
    expect(rooms).toEqual({ clan: { from, to: { n: 4, rev: 5 }, recovered: false } });
    expect(told).toEqual([]);
  });

  it('goes on from what another gateway told before this one', async () => {
    await said(2);
    gateway.connection.lose();
    gateway.connection.comeBack();
    await settle(50);
    const { client } = await gateway.join('ada', '7');
    // Written, and not told here yet.
    for (const content of ['3', '4']) gateway.chat.say(CLAN, content, '9');
    gateway.chat.timeline.fold();
    await gateway.chat.timeline.write();
    const { rooms, told } = await resume(client, { clan: { n: 4, rev: 4 } });
    expect(rooms).toEqual({ clan: { from: { n: 4, rev: 4 }, to: { n: 4, rev: 4 }, recovered: true } });
    expect(told).toEqual([]);
  });

  it('is of the rooms of the moment: what is not theirs is not there', async () => {
    await said(1);
    const { chatId } = gateway.chat.open('1', '2');
    await gateway.tell();
    const { client } = await gateway.join('1');
    const at = { n: 0, rev: 0 };
    const names = ['clan', `direct:${chatId}`, 'clan:7', 'nonsense', '__proto__', 'constructor'];
    const { rooms } = await resume(client, Object.fromEntries(names.map((name) => [name, at])));
    expect(Object.entries(rooms)).toEqual(names.map((name) => [name, NOT_FOUND]));
  });

  it('is of another clan’s position no more', async () => {
    await said(2);
    const { client } = await gateway.join('ada', '7');
    const of = (clan_id: string) => resume(client, { clan: { n: 1, rev: 1, clan_id } });
    expect((await of('8')).rooms).toEqual({ clan: { from: { n: 1, rev: 1 }, to: { n: 2, rev: 2 }, recovered: false } });
    expect((await of('7')).rooms).toMatchObject({ clan: { recovered: true } });
  });

  it('tells nothing to who leaves the clan while it is read', async () => {
    await said(2);
    const { client } = await gateway.join('ada', '7');
    const reading = gateway.chat.gates.hold('range changes of timeline-1 answer');
    client.send('resume', { rooms: { clan: { n: 0, rev: 0 } } });
    await arrived(reading);
    gateway.chat.move('ada', null, { clanId: '7' });
    await gateway.chat.directory.run();
    await settle();
    reading.release();
    await pass();
    expect(client.frames).toEqual([{ event: 'resumed', data: { rooms: { clan: NOT_FOUND } } }]);
  });

  it('in a clan that was joined over an open connection begins where its room stood then', async () => {
    await said(2);
    const { client } = await gateway.join('ada');
    const reading = gateway.chat.gates.hold('range messages of timeline-1 answer');
    gateway.chat.move('ada', '7');
    await gateway.chat.directory.run();
    await arrived(reading);
    client.send('resume', { rooms: { clan: { n: 1, rev: 1 } } });
    await pass();
    // It is not known yet where the room stands.
    expect(client.frames).toEqual([]);
    reading.release();
    await pass();
    await said(1);
    expect(client.frames.map(({ event }) => event)).toEqual(['newMessage', 'resumed', 'newMessage']);
    expect((client.frames[1]!.data as ResumedView).rooms).toMatchObject({
      clan: { to: { n: 2, rev: 2 }, recovered: true },
    });
  });

  it('is refused for the moment where it does not become known in time where the room stands', async () => {
    const { client } = await gateway.join('ada');
    gateway.chat.gates.hold('range messages of timeline-1 answer');
    gateway.chat.move('ada', '7');
    await gateway.chat.directory.run();
    await settle();
    client.send('resume', { rooms: { clan: { n: 0, rev: 0 } } });
    await settle(4_400);
    expect(client.frames).toEqual([]);
    await settle(200);
    expect(client.frames).toMatchObject([{ error: expect.stringMatching('not available for a moment') }]);
  });

  it('reads no further once the connection has ended', async () => {
    await said(2);
    await said(2, GLOBAL_ROOM);
    const { client } = await gateway.join('ada', '7');
    const reading = gateway.chat.gates.hold('range changes of timeline-1 answer');
    client.send('resume', { rooms: { clan: { n: 0, rev: 0 }, global: { n: 0, rev: 0 } } });
    await arrived(reading);
    client.ws.terminate();
    await pass();
    const asked = jest.spyOn(gateway.chat.gates, 'pass');
    reading.release();
    await pass();
    expect(asked.mock.calls.filter(([name]) => name.startsWith('range'))).toEqual([]);
  });
});
