import { describe, expect, it } from '@jest/globals';
import {
  banPerson,
  changeSlowMode,
  clanRoom,
  type Decision,
  decodeEvent,
  deleteMessage,
  type DomainEvent,
  editMessage,
  encodeEvent,
  evolveSanctions,
  evolveSlowMode,
  GLOBAL_ROOM,
  isModerated,
  MAX_SANCTIONS,
  MAX_SANCTIONS_BY_MODERATORS,
  moderatedRoom,
  moderatedRoomOf,
  MODERATES_NOTHING,
  mutePerson,
  postToChat,
  postToRoom,
  react,
  type Sanction,
  sanctionsAt,
  sanctionsOf,
  slowModeOf,
  unbanPerson,
  unmutePerson,
  userRoom,
  type WordFilter,
} from '../src/index.js';

const at = '2026-01-02T03:04:05.678Z';
const later = '2026-01-02T03:10:00.000Z';
const context = { key: 'ab'.repeat(12), at };
const room = clanRoom('3');
const about = { ...context, userId: '7', room, by: '9' };
const ada = { id: '7', name: 'Ada', avatar: null };

const mute = (until = later, of = room): Sanction => ({ kind: 'mute', room: of, since: at, until, by: '9' });
const ban = (of = room): Sanction => ({ kind: 'ban', room: of, since: at, until: null, by: '9' });

function eventOf<E extends DomainEvent>(decision: Decision<E>): E {
  if ('refusal' in decision || !decision.event) throw new Error(`no event: ${JSON.stringify(decision)}`);
  // What is decided can be stored, and reads as it was.
  expect(decodeEvent(encodeEvent(decision.event), 1)).toStrictEqual({ ...decision.event, seq: 1 });
  return decision.event;
}

describe('a mute', () => {
  it('holds until a moment, and the same again is nothing to do', () => {
    const event = eventOf(mutePerson({ ...about, until: later, reason: 'spam' }, []));
    expect(event).toEqual({
      ...{ type: 'PersonMuted', room: userRoom('7'), id: `mute.${context.key}`, at, userId: '7', inRoom: room },
      ...{ by: '9', until: later, reason: 'spam', sanctions: [mute()] },
    });
    const state = evolveSanctions([], event);
    expect(state).toEqual([mute()]);
    expect(mutePerson({ ...about, until: later }, state)).toEqual({ event: null });
    expect('reason' in eventOf(mutePerson({ ...about, until: later }, []))).toBe(false);
  });

  it('with another end takes the place of the one before, and of no other', () => {
    const others = [mute(later, GLOBAL_ROOM), ban()];
    const until = '2026-01-03T00:00:00.000Z';
    expect(eventOf(mutePerson({ ...about, until }, [...others, mute()])).sanctions).toEqual([...others, mute(until)]);
  });

  it('that ends in the past is refused', () => {
    expect(mutePerson({ ...about, until: at }, [])).toMatchObject({ refusal: { code: 'invalid', field: 'until' } });
  });

  it('is lifted once, and not where it is over', () => {
    const event = eventOf(unmutePerson(about, [mute(), ban(), mute(later, GLOBAL_ROOM)]));
    expect(event).toMatchObject({ type: 'PersonUnmuted', id: `unmute.${context.key}`, inRoom: room });
    expect(event.sanctions).toEqual([ban(), mute(later, GLOBAL_ROOM)]);
    expect(unmutePerson(about, event.sanctions)).toEqual({ event: null });
    expect(unmutePerson(about, [mute(at)])).toEqual({ event: null });
  });

  it('that is over drops out with the next decision, whatever it is about', () => {
    expect(eventOf(banPerson(about, [mute(at), mute(later, GLOBAL_ROOM)])).sanctions).toEqual([
      mute(later, GLOBAL_ROOM),
      ban(),
    ]);
    expect(sanctionsAt([mute(at), mute(), ban()], at)).toEqual([mute(), ban()]);
    expect(eventOf(mutePerson({ ...about, until: later }, [mute(at)])).sanctions).toEqual([mute()]);
  });
});

describe('a ban', () => {
  it('holds until it is lifted, once each', () => {
    const event = eventOf(banPerson({ ...about, reason: 'spam' }, []));
    expect(event).toMatchObject({ type: 'PersonBanned', id: `ban.${context.key}`, by: '9', reason: 'spam' });
    expect(event.sanctions).toEqual([ban()]);
    expect(banPerson(about, event.sanctions)).toEqual({ event: null });
    const lifted = eventOf(unbanPerson(about, [...event.sanctions, ban(GLOBAL_ROOM)]));
    expect(lifted).toMatchObject({ type: 'PersonUnbanned', id: `unban.${context.key}`, sanctions: [ban(GLOBAL_ROOM)] });
    expect(unbanPerson(about, lifted.sanctions)).toEqual({ event: null });
  });

  it.each([
    ['a hundred by the application', MAX_SANCTIONS, {}],
    ['eighty by moderators', MAX_SANCTIONS_BY_MODERATORS, { isModerator: true }],
  ])('is one of %s at most, as are mutes; the one that is there may be changed all the same', (_, most, who) => {
    const decider = { ...about, ...who };
    const held = (count: number) => Array.from({ length: count }, (_, i) => mute(later, clanRoom(`c${i}`)));
    const refusal = { code: 'invalid', field: 'user_id', message: expect.stringContaining(`${most} `) };
    expect(banPerson(decider, held(most))).toMatchObject({ refusal });
    expect(mutePerson({ ...decider, until: later }, held(most))).toMatchObject({ refusal });
    expect(eventOf(banPerson(decider, held(most - 1))).sanctions).toHaveLength(most);
    const until = '2026-01-03T00:00:00.000Z';
    const another = { ...decider, room: clanRoom('c0'), until };
    expect(eventOf(mutePerson(another, held(MAX_SANCTIONS))).sanctions).toHaveLength(MAX_SANCTIONS);
  });

  it('by the application has a place where moderators have taken all of theirs', () => {
    const many = Array.from({ length: MAX_SANCTIONS_BY_MODERATORS }, (_, i) => mute(later, clanRoom(`c${i}`)));
    expect(eventOf(banPerson(about, many)).sanctions).toEqual([...many, ban()]);
  });
});

describe('who is held to something', () => {
  const message = { room, sender: ada, at };
  const messageId = 'cd'.repeat(12);
  const commands = (sanctions: readonly Sanction[]) => ({
    post: postToRoom({ ...context, sender: ada, content: 'hi' }, room, { sanctions }),
    react: react({ ...context, messageId, userId: '7', userName: 'Ada', emoji: '👍' }, { room, sanctions, message }),
    edit: editMessage(
      { ...context, messageId, userId: '7', content: 'ho', withinSeconds: 900 },
      { room, sanctions, message },
    ),
    delete: deleteMessage({ ...context, messageId, userId: '7' }, { room, sanctions, message }),
  });
  const codes = (sanctions: readonly Sanction[]) =>
    Object.values(commands(sanctions)).map((decision) => ('refusal' in decision ? decision.refusal.code : 'made'));

  it('may not speak while muted, and take back what they said all the same', () => {
    expect(codes([])).toEqual(['made', 'made', 'made', 'made']);
    expect(codes([mute()])).toEqual(['muted', 'muted', 'muted', 'made']);
    expect(commands([mute()]).post).toEqual({
      refusal: { code: 'muted', message: `you may not speak in this room until ${later}`, until: later },
    });
    // Over at that very moment.
    expect(codes([mute(at)])).toEqual(['made', 'made', 'made', 'made']);
  });

  it('may do nothing where they are banned', () => {
    expect(codes([mute(), ban()])).toEqual(['banned', 'banned', 'banned', 'banned']);
  });

  it('is so in that room and in no other', () => {
    expect(codes([mute(later, GLOBAL_ROOM), ban(clanRoom('4'))])).toEqual(['made', 'made', 'made', 'made']);
  });
});

describe('slow mode', () => {
  it('changes once', () => {
    const event = eventOf(changeSlowMode({ ...context, room, seconds: 30, by: '9' }, 0));
    expect(event).toEqual({ type: 'SlowModeChanged', room, id: `mode.${context.key}`, at, seconds: 30, by: '9' });
    expect(changeSlowMode({ ...context, room, seconds: 30, by: '9' }, evolveSlowMode(0, event))).toEqual({
      event: null,
    });
    expect([slowModeOf(event), slowModeOf(null)]).toEqual([30, 0]);
    expect(eventOf(changeSlowMode({ ...context, room, seconds: 0, by: '9' }, 30)).seconds).toBe(0);
  });

  it('lets everybody speak once in so many seconds', () => {
    const post = (seconds: number, sinceLastMs: number | null) =>
      postToRoom({ ...context, sender: ada, content: 'hi' }, room, { slowMode: { seconds, sinceLastMs } });
    expect(post(30, 10_001)).toEqual({
      refusal: { code: 'slow_mode', message: 'one message in 30 s here: try again in 20 s', retryAfter: 20 },
    });
    expect(post(30, 29_999)).toMatchObject({ refusal: { retryAfter: 1 } });
    for (const free of [post(30, 30_000), post(30, null), post(0, 0)]) expect('event' in free).toBe(true);
  });
});

describe('a word filter', () => {
  const filter: WordFilter = (text, { room, userId }) => (text === 'no' ? null : `${text} (${room} ${userId})`);

  it('has its word in what is said and edited, in rooms and in direct chats', () => {
    const command = { ...context, sender: ada, content: 'hi', filter };
    expect(postToRoom(command, room)).toMatchObject({ event: { content: 'hi (clan:3 7)' } });
    const chat = { type: 'ChatCreated', room: 'direct:7:9', users: ['7', '9'] } as unknown as Parameters<
      typeof postToChat
    >[1];
    expect(postToChat({ ...command, receiver: '9' }, chat)).toMatchObject({ event: { content: 'hi (direct:7:9 7)' } });
    const refused = (field: string) => ({ refusal: { code: 'filtered', field } });
    expect(postToRoom({ ...command, content: 'no' }, room)).toMatchObject(refused('content'));
    expect(postToChat({ ...command, receiver: '9', content: 'no' }, chat)).toMatchObject(refused('message'));
    const edit = { ...context, messageId: 'cd'.repeat(12), userId: '7', withinSeconds: 900, filter };
    const state = { room, message: { room, sender: ada, at } };
    expect(editMessage({ ...edit, content: 'ho' }, state)).toMatchObject({ event: { content: 'ho (clan:3 7)' } });
    expect(editMessage({ ...edit, content: 'no' }, state)).toMatchObject(refused('content'));
  });

  it('has its word in what a message is said to feel like', () => {
    const masking: WordFilter = (text) => (text === 'no' ? null : text.replace('heck', 'h***'));
    const feel = (feeling: string, by: WordFilter = masking) =>
      postToRoom({ ...context, sender: ada, content: 'hi', feeling, filter: by }, room);
    expect(feel('happy')).toMatchObject({ event: { content: 'hi', feeling: 'happy' } });
    expect(feel('heck')).toMatchObject({ event: { content: 'hi', feeling: 'h***' } });
    expect(feel('no')).toMatchObject({ refusal: { code: 'filtered', field: 'feeling' } });
    // What takes its place is held to what it may be.
    expect(feel('sad', () => 'x'.repeat(32))).toMatchObject({ event: { feeling: 'x'.repeat(32) } });
    const lengthened: WordFilter = (text) => (text === 'hi' ? text : 'x'.repeat(33));
    expect(feel('sad', lengthened)).toMatchObject({ refusal: { code: 'filtered', field: 'feeling' } });
    // Of what says nothing it is not asked.
    const asked: string[] = [];
    for (const empty of ['', ' ']) {
      const event = feel(empty, (text) => (asked.push(text), text));
      expect(event).toMatchObject({ event: { feeling: empty } });
    }
    expect(asked).toEqual(['hi', 'hi']);
  });
});

describe('a moderator', () => {
  const ofClan = { clanId: '3', global: false };

  it('is one of the clan of their token while they are in it, and of the global room where it says so', () => {
    expect(isModerated(ofClan, room)).toBe(true);
    expect(isModerated(ofClan, clanRoom('4'))).toBe(false);
    expect(isModerated(ofClan, GLOBAL_ROOM)).toBe(false);
    expect(isModerated({ clanId: null, global: true }, GLOBAL_ROOM)).toBe(true);
    expect(isModerated({ clanId: null, global: true }, room)).toBe(false);
    expect([isModerated(MODERATES_NOTHING, GLOBAL_ROOM), isModerated(MODERATES_NOTHING, room)]).toEqual([false, false]);
  });

  it('decides about a room and the others in it, not where they are banned, and not about themself', () => {
    const state = { room, moderates: ofClan, sanctions: [] };
    expect(moderatedRoom(state)).toEqual({ room });
    expect(moderatedRoomOf({ ...state, userId: '7', by: '9' })).toEqual({ room });
    const refused = (decision: object, code: string, field?: string) => {
      expect(decision).toMatchObject({ refusal: { code, ...(field !== undefined && { field }) } });
    };
    refused(moderatedRoomOf({ ...state, userId: '9', by: '9' }), 'forbidden', 'user_id');
    refused(moderatedRoom({ ...state, room: GLOBAL_ROOM }), 'forbidden', 'room');
    refused(moderatedRoomOf({ ...state, room: GLOBAL_ROOM, userId: '9', by: '9' }), 'forbidden', 'room');
    refused(moderatedRoom({ ...state, room: null }), 'no_clan', 'clan_id');
    refused(moderatedRoom({ ...state, sanctions: [ban()] }), 'banned');
  });

  it('deletes anybody’s message, with a reason; of one’s own there is none', () => {
    const command = { ...context, messageId: 'cd'.repeat(12), userId: '9', reason: 'not kind' };
    const state = { room, message: { room, sender: ada, at } };
    expect(deleteMessage(command, state)).toMatchObject({ refusal: { code: 'not_yours' } });
    expect(eventOf(deleteMessage({ ...command, isModerator: true }, state))).toEqual({
      ...{ type: 'MessageDeleted', room, id: `delete.${context.key}`, at, messageId: command.messageId },
      ...{ userId: '9', senderId: '7', reason: 'not kind' },
    });
    const deleted = { ...state, message: { ...state.message, deleted: true as const } };
    expect(deleteMessage({ ...command, isModerator: true }, deleted)).toEqual({ event: null });
    expect(deleteMessage(command, deleted)).toMatchObject({ refusal: { code: 'not_yours' } });
    expect('reason' in eventOf(deleteMessage({ ...command, userId: '7', isModerator: true }, state))).toBe(false);
    const elsewhere = { ...state, room: GLOBAL_ROOM };
    expect(deleteMessage({ ...command, isModerator: true }, elsewhere)).toMatchObject({
      refusal: { code: 'not_found' },
    });
  });
});

it('what is held against somebody is what the last of these events says', () => {
  for (const decision of [
    banPerson(about, [mute()]),
    unmutePerson(about, [mute(), ban()]),
    unbanPerson(about, [ban()]),
  ]) {
    const event = eventOf<DomainEvent>(decision);
    expect(sanctionsOf(event)).toBe((event as { sanctions?: unknown }).sanctions);
  }
  expect(sanctionsOf(eventOf(mutePerson({ ...about, until: later }, [])))).toEqual([mute()]);
  expect(sanctionsOf(null)).toEqual([]);
});
