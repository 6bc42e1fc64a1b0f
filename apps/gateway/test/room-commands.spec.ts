import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clanRoom, commandKey, GLOBAL_ROOM, type WordFilter } from '#domain';
import { LogUnavailable, OutcomeUnknown } from '#event-store';
import { ReadModelsUnavailable } from '#read-models';
import { PostRoomMessage, PostRoomMessageHandler } from '../src/commands/post-message.js';
import { KnownMessages } from '../src/commands/known-messages.js';
import { RecentMessages } from '../src/commands/recent-messages.js';
import { SlowModes } from '../src/commands/slow-modes.js';
import { outcomeOf, settled } from './caller-in-memory.js';
import { arrived, settle } from './chat-in-memory.js';
import { ada, askAnew, chat, events } from './asked-chat.js';

const FIND = 'find messages of timeline-1';

askAnew();
let recent: RecentMessages;
let slowModes: SlowModes;
beforeEach(() => {
  recent = new RecentMessages();
  slowModes = new SlowModes(chat.log);
});

const poster = (filter: WordFilter | null = null) =>
  new PostRoomMessageHandler(
    ...([chat.log, recent, new KnownMessages(chat.served, recent, chat.log), slowModes, filter] as const),
  );

describe('a message to a room', () => {
  const post = (room: 'global' | 'clan', content: string, feeling: string | null = null, clientId?: string) =>
    outcomeOf(poster().execute(new PostRoomMessage(ada, room, content, feeling, null, clientId)));

  it('is in the log once it is answered, and remembered', async () => {
    const global = post('global', 'to all');
    const clan = post('clan', 'to us', 'happy', 'c1');
    expect([global, clan]).toEqual([{}, {}]);
    await settle();
    const sender = { id: '1', name: '1', avatar: null };
    expect(events()).toMatchObject([
      { room: GLOBAL_ROOM, sender, content: 'to all' },
      { room: clanRoom('7'), sender, content: 'to us', feeling: 'happy', clientId: 'c1' },
    ]);
    expect(events().map((event) => 'feeling' in event)).toEqual([false, true]);
    const ids = events().map((event) => (event.type === 'MessageCreated' ? event.messageId : ''));
    expect(ids[1]).toBe(commandKey('1', clanRoom('7'), 'c1'));
    expect([global.value, clan.value]).toEqual(ids.map((id) => ({ ack: { message_id: id } })));
    expect(ids.map((id) => recent.has(id))).toEqual([true, true]);
  });

  it('says what the word filter leaves of it, or nothing', async () => {
    const filter: WordFilter = (text) => (text === 'no' ? null : text.toUpperCase());
    const post = (content: string) =>
      settled(outcomeOf(poster(filter).execute(new PostRoomMessage(ada, 'global', content, null, null))));
    expect((await post('no')).value).toMatchObject({ refusal: { code: 'filtered' } });
    expect((await post('yes')).value).toMatchObject({ ack: {} });
    expect(events()).toMatchObject([{ content: 'YES' }]);
  });

  it('is refused to who may not speak, and was said all the same where it was said before', async () => {
    const mute = { kind: 'mute', room: GLOBAL_ROOM, since: '2026-01-01T00:00:00.000Z', by: '9' } as const;
    const muted = { ...mute, until: '2099-01-01T00:00:00.000Z' };
    await settled(post('global', 'hello', null, 'c1'));
    await chat.timeline.run();
    ada.person.sanctions = [muted];
    const code = (value: unknown) => (value as { refusal?: { code: string } }).refusal?.code;
    expect((await settled(post('global', 'hello', null, 'c1'))).value).toEqual({
      ack: { message_id: commandKey('1', GLOBAL_ROOM, 'c1') },
    });
    for (const id of [undefined, 'c2'])
      expect(code((await settled(post('global', 'x', null, id))).value)).toBe('muted');
    // By the same id, in another room, it is another message.
    ada.person.sanctions = [{ ...muted, room: clanRoom('7') }];
    expect(code((await settled(post('clan', 'hello', null, 'c1'))).value)).toBe('muted');
    expect(events()).toHaveLength(1);
  });

  it('that was said by another gateway is waited for before it is refused to who may not speak by now', async () => {
    const until = '2099-01-01T00:00:00.000Z';
    await settled(post('global', 'hello', null, 'c1'));
    recent = new RecentMessages();
    ada.person.sanctions = [{ kind: 'mute', room: GLOBAL_ROOM, since: '2026-01-01T00:00:00.000Z', until, by: '9' }];
    const again = post('global', 'hello', null, 'c1');
    await settle(1_000);
    expect(again).toEqual({});
    await chat.timeline.run();
    await settle(100);
    expect(again.value).toEqual({ ack: { message_id: commandKey('1', GLOBAL_ROOM, 'c1') } });
  });

  it('waits until it is known how slow the room is, and goes to the clan that they are in by then', async () => {
    const held = chat.log.connection.gates.hold('last answer');
    const outcome = post('clan', 'hello');
    await arrived(held);
    ada.person.clanId = '8';
    held.release();
    await settle();
    expect(outcome.value).toMatchObject({ ack: {} });
    expect(events()).toMatchObject([{ room: clanRoom('8'), content: 'hello' }]);
    expect([slowModes.secondsOf(clanRoom('7')), slowModes.secondsOf(clanRoom('8'))]).toEqual([0, 0]);
  });

  it('comes once in a while where the room is slow, but for moderators, and what was not said does not count', async () => {
    slowModes.onApplicationBootstrap();
    chat.elsewhere.live.signal('slow-mode', JSON.stringify({ room: GLOBAL_ROOM, seq: 1, seconds: 30 }));
    await settle();
    chat.log.connection.gates.fail('append', new LogUnavailable('away'));
    expect((await settled(post('global', 'not said'))).error).toBeInstanceOf(LogUnavailable);
    const both = [post('global', 'one'), post('global', 'two')];
    await settle();
    expect(both.map(({ value }) => value)).toMatchObject([
      { ack: {} },
      { refusal: { code: 'slow_mode', retryAfter: 30 } },
    ]);
    ada.moderates = { clanId: null, global: true };
    expect((await settled(post('global', 'three'))).value).toMatchObject({ ack: {} });
    expect(events()).toMatchObject([{ content: 'one' }, { content: 'three' }]);
    slowModes.onApplicationShutdown();
  });

  it('whose outcome is unknown is the same once more by all of its words, and by no fewer', async () => {
    chat.log.connection.gates.fail('append answer', new OutcomeUnknown('no answer'));
    expect((await settled(post('global', 'hello', 'happy'))).error).toBeInstanceOf(OutcomeUnknown);
    for (const [to, content, feeling] of [
      ['clan', 'hello', 'happy'],
      ['global', 'bye', 'happy'],
      ['global', 'hello', 'sad'],
      ['global', 'hello', null],
      ['global', 'hello', 'happy'],
    ] as const) {
      expect(await settled(post(to, content, feeling))).toMatchObject({
        value: { ack: { message_id: expect.any(String) } },
      });
    }
    const said = events().map((event) => (event.type === 'MessageCreated' ? [event.content, event.feeling] : []));
    expect(said).toEqual([
      ['hello', 'happy'],
      ['hello', 'happy'],
      ['bye', 'happy'],
      ['hello', 'sad'],
      ['hello', undefined],
    ]);
  });

  it('of somebody in no clan is refused', async () => {
    ada.person.clanId = null;
    const { value } = await settled(post('clan', 'hello'));
    expect(value).toMatchObject({ refusal: { code: 'no_clan' } });
    expect(events()).toEqual([]);
  });

  it('that the log does not take is neither answered nor remembered', async () => {
    const add = jest.spyOn(recent, 'add');
    ada.refusal = new LogUnavailable('away');
    expect((await settled(post('global', 'hello'))).error).toBeInstanceOf(LogUnavailable);
    expect([add.mock.calls, events()]).toEqual([[], []]);
  });
});

describe('a reply', () => {
  const reply = (
    room: 'global' | 'clan',
    replyTo: string | null,
    { content = 'hello yourself', id }: { content?: string; id?: string } = {},
  ) => {
    return outcomeOf(poster().execute(new PostRoomMessage(ada, room, content, null, replyTo, id)));
  };
  const said = () => events().filter(({ type }) => type === 'MessageCreated');

  it('names a message of its room, which is looked for; of a message that is none nothing is', async () => {
    const id = chat.say(clanRoom('7'), 'hello', '2');
    await chat.timeline.run();
    expect((await settled(reply('clan', id))).value).toMatchObject({ ack: {} });
    expect(said().at(-1)).toMatchObject({ room: clanRoom('7'), content: 'hello yourself', replyTo: id });
    chat.gates.fail(FIND, new ReadModelsUnavailable('away'));
    expect((await settled(reply('clan', null))).value).toMatchObject({ ack: {} });
    expect(said().at(-1)).not.toHaveProperty('replyTo');
    expect((await settled(reply('clan', id))).error).toBeInstanceOf(ReadModelsUnavailable);
  });

  it('to a message of another room, to none, and to one that was deleted is refused', async () => {
    const elsewhere = chat.say(GLOBAL_ROOM, 'hello', '2');
    const taken = chat.say(clanRoom('7'), 'hello', '2');
    chat.edit(clanRoom('7'), taken, null, '2');
    await chat.timeline.run();
    for (const [replyTo, code] of [
      [elsewhere, 'not_found'],
      ['nonsense', 'not_found'],
      [taken, 'deleted'],
    ] as const) {
      const { value } = await settled(reply('clan', replyTo, { id: `c ${replyTo}` }));
      expect(value).toMatchObject({ refusal: { code, field: 'reply_to' } });
    }
    expect(said()).toHaveLength(2);
  });

  it('to a message that was just appended here waits for it', async () => {
    const id = chat.say(GLOBAL_ROOM, 'hello', '1');
    recent.add(id);
    const replied = reply('global', id);
    await settle(1_800);
    expect(replied).toEqual({});
    await chat.timeline.run();
    await settle(60);
    expect(replied.value).toMatchObject({ ack: {} });
  });

  it('is decided on the clan that its sender is in once the other message is found', async () => {
    const id = chat.say(clanRoom('7'), 'hello', '2');
    await chat.timeline.run();
    const found = chat.gates.hold(`${FIND} answer`);
    const replied = reply('clan', id);
    await arrived(found);
    ada.person.clanId = '8';
    found.release();
    await settle();
    expect(replied.value).toMatchObject({ refusal: { code: 'not_found', field: 'reply_to' } });
  });

  it('that is there already is acknowledged once more, also where the other message was deleted meanwhile', async () => {
    const id = chat.say(GLOBAL_ROOM, 'hello', '2');
    await chat.timeline.run();
    const done = { ack: { message_id: commandKey('1', GLOBAL_ROOM, 'c1') } };
    expect((await settled(reply('global', id, { id: 'c1' }))).value).toEqual(done);
    chat.edit(GLOBAL_ROOM, id, null, '2');
    await chat.timeline.run();
    expect((await settled(reply('global', id, { id: 'c1' }))).value).toEqual(done);
    expect((await settled(reply('global', id, { id: 'c2' }))).value).toMatchObject({ refusal: { code: 'deleted' } });
    expect(said()).toHaveLength(2);
  });

  it('to another message is another one, also where what came of the one before is unknown', async () => {
    const ids = ['a', 'b'].map((content) => chat.say(GLOBAL_ROOM, content, '2'));
    await chat.timeline.run();
    chat.log.connection.gates.fail('append answer', new OutcomeUnknown('no answer'));
    expect((await settled(reply('global', ids[0]!))).error).toBeInstanceOf(OutcomeUnknown);
    for (const id of [ids[1]!, null, ids[0]!]) {
      expect((await settled(reply('global', id))).value).toMatchObject({ ack: {} });
    }
    const replies = said()
      .slice(2)
      .map((event) => (event.type === 'MessageCreated' ? event.replyTo : null));
    expect(replies).toEqual([ids[0], ids[1], undefined]);
  });
});
