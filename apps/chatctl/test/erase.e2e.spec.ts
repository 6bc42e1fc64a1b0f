import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, GLOBAL_ROOM, keySequence, type Room } from '#domain';
import { type PersonDocument, Timeline } from '#projections';
import { OwnServer } from '../../../libs/event-store/test/own-server.js';
import { MONGODB_URL, posted, profile, SystemUnderTest, until } from './system-under-test.js';

const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:05.678Z';
const CHAT = directRoom('eve', '2');
const ROOMS: readonly Room[] = [GLOBAL_ROOM, CHAT, ...Array.from({ length: 20 }, (_, i) => clanRoom(String(i)))];

/** Long enough to be looked for, and nobody else's. */
const text = (userId: string, n: number) => `what ${userId} said, number ${n}, and nobody else`;
const said = (room: Room, userId: string, n: number) => {
  const event = posted(room, text(userId, n), userId);
  return { ...event, sender: { id: userId, name: `full name of ${userId}`, avatar: '{"hat":"of a kind"}' } };
};

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl erase', () => {
  let server: OwnServer;
  let system: SystemUnderTest;

  beforeEach(async () => {
    server = await OwnServer.start();
    system = await SystemUnderTest.create(server.url, true);
  });

  afterEach(async () => {
    await system.close();
    await server.remove();
  });

  const everywhere = async (count: number) => {
    await system.append({
      ...{ type: 'ChatCreated', room: CHAT, id: `chat.${nextKey()}`, at, by: '2', users: ['2', 'eve'] },
    });
    for (const userId of ['eve', '2']) await system.append(profile(userId, `full name of ${userId}`));
    for (let n = 0; n < count; n++) {
      const room = ROOMS[n % ROOMS.length]!;
      await system.append(said(room, 'eve', n));
      const theirs = said(room, '2', n);
      await system.append(theirs);
      const fact = { room, at, messageId: theirs.messageId, userId: 'eve' };
      if (n % 3 === 0) {
        const reaction = { id: `react.${nextKey()}`, ...fact, userName: 'full name of eve', emoji: '👍' };
        await system.append({ type: 'ReactionAdded', ...reaction });
      }
    }
    await system.append(said(CHAT, 'eve', count));
  };
  const expectEqual = async () => {
    expect(await system.chatctl('verify')).toMatchObject({ status: 0, complaints: '' });
  };
  const timeline = async () => {
    const { serving } = (await system.readModels.versions.read('timeline'))!;
    return new Timeline(system.readModels.projection('timeline', serving.number));
  };

  it('leaves no text of a person anywhere, byte by byte, and everybody else’s where they were', async () => {
    await everywhere(220);
    system.startBoth();
    await system.folded();
    const { status, out, complaints } = await system.chatctl(
      'erase',
      '--user',
      'eve',
      '--check',
      '--files',
      server.data,
    );
    expect({ status, complaints }).toEqual({ status: 0, complaints: '' });
    expect(out).toMatch(/eve is erased from the log, up to event \d+\n.*texts looked for, 0 found\n$/s);
    expect(Number(/(\d+) texts looked for/.exec(out)?.[1])).toBeGreaterThan(220);

    const queries = await timeline();
    for (const room of ROOMS) {
      const messages = await queries.page(room, { limit: 1_000 });
      expect(messages.map(({ n }) => n)).toEqual(messages.map((_, i) => messages.length - i));
      for (const { sender, content, reactions } of messages) {
        if (sender.id === 'eve') expect({ content, sender }).toEqual({ content: '', sender: ERASED });
        else expect(content).toContain('what 2 said');
        for (const reaction of reactions) expect(reaction).toMatchObject({ userId: 'eve', userName: 'erased user' });
      }
    }
    expect((await queries.entry('2', CHAT))!.last).toMatchObject({ senderId: 'eve', content: '' });
    const people = system.readModels.projection('directory', 1);
    expect(await people.get<PersonDocument>('people', ['eve', '2'])).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ userId: 'eve', name: 'erased user', avatar: null }),
        expect.objectContaining({ userId: '2', name: 'full name of 2' }),
      ]),
    );
    await expectEqual();
  });

  it('leaves the read models equal to the log: before it is folded, while it is, after it, and built anew', async () => {
    await everywhere(120);
    system.startBoth();
    await system.folded();
    await system.stopWorkers();
    const { lastSeq } = await system.log.eraser.erase('eve', { key: nextKey(), at });
    await expectEqual();
    const worker = system.start('three');
    await until('some of it is swept', async () => (await swept(lastSeq)) > 0);
    await expectEqual();
    system.start('four', (await import('#projections')).directory);
    await system.folded();
    await expectEqual();
    expect(await (await timeline()).page(CHAT, { limit: 1 })).toMatchObject([{ content: '', sender: ERASED }]);
    expect((await system.chatctl('rebuild', 'timeline')).status).toBe(0);
    await system.folded();
    await expectEqual();
    expect(worker.state).toBe('running');
    const { out } = await system.chatctl('erase', '--user', 'eve');
    expect(out).toContain('timeline 1 is kept and not folded on');
  }, 90_000);

  /** Documents that the erasure has changed. */
  const swept = async (lastSeq: number) => {
    const documents = await system.readModels
      .projection('timeline', 1)
      .range('messages', { from: '', to: '\uffff', limit: 10_000 });
    return documents.filter(({ seq }) => seq > lastSeq - 20).length;
  };

  it('says what is wrong with its words', async () => {
    expect((await system.chatctl('erase')).complaints).toContain('--user is whom to erase');
    expect((await system.chatctl('erase', '--user', 'eve', '--files', '/tmp')).complaints).toContain('with --check');
    expect((await system.chatctl('keys', 'turn')).complaints).toContain('keys is followed by rotate');
    expect(await system.chatctl('keys', 'rotate', '--json')).toMatchObject({
      status: 0,
      out: '{"keys":0,"rotated":0}\n',
    });
  });
});

const ERASED = { id: 'eve', name: 'erased user', avatar: null };
