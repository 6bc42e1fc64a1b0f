import { describe, expect, it } from '@jest/globals';
import {
  deleteMessage,
  editMessage,
  changeProfile,
  type ChatCreated,
  clanRoom,
  decodeEvent,
  directRoom,
  encodeEvent,
  evolveChat,
  evolveMembership,
  evolveProfile,
  GLOBAL_ROOM,
  joinClan,
  leaveClan,
  markSeen,
  type MembershipState,
  openChat,
  postToChat,
  postToRoom,
  publicRoom,
  react,
  type RepliedTo,
  type Decision,
  type DomainEvent,
} from '../src/index.js';

const context = { key: 'ab'.repeat(12), at: '2026-01-02T03:04:05.678Z' };
const ada = { id: '7', name: 'Ada', avatar: '{"hat":"red"}' };
const inClan3: MembershipState = { clanId: '3' };

function eventOf<E extends DomainEvent>(decision: Decision<E>): E {
  if ('refusal' in decision || !decision.event) throw new Error(`no event: ${JSON.stringify(decision)}`);
  // What is decided can be stored, and reads as it was.
  expect(decodeEvent(encodeEvent(decision.event), 1)).toStrictEqual({ ...decision.event, seq: 1 });
  return decision.event;
}

/** Every refusal says why in words, beside its code and the field at fault. */
function refusalOf(decision: Decision<DomainEvent>): { readonly code: string; readonly field?: string } {
  if (!('refusal' in decision)) throw new Error(`not refused: ${JSON.stringify(decision)}`);
  const { message, ...rest } = decision.refusal;
  expect(message).toMatch(/\w+ \w+/);
  return rest;
}

const opened = (): ChatCreated => eventOf(openChat({ ...context, by: '10', receiver: '9' }, null));

describe('a direct chat', () => {
  it('is opened once for a pair, whoever asks', () => {
    const event = opened();
    expect(event).toMatchObject({ type: 'ChatCreated', room: directRoom('9', '10'), by: '10', users: ['10', '9'] });
    const state = evolveChat(null, event);
    expect(openChat({ ...context, by: '9', receiver: '10' }, state)).toEqual({ event: null });
    expect(evolveChat(state, { ...event, by: '9' })).toBe(state);
  });

  it('needs two people', () => {
    const refusal = refusalOf(openChat({ ...context, by: '9', receiver: '9' }, null));
    expect(refusal).toEqual({ code: 'same_person', field: 'receiver_id' });
  });
});

describe('membership', () => {
  it('is joined once', () => {
    const event = eventOf(joinClan({ ...context, userId: '7', clanId: '3' }, null));
    expect(event).toMatchObject({ type: 'MemberJoined', clanId: '3', leftClanId: null });
    const state = evolveMembership(null, event);
    expect(state).toEqual(inClan3);
    expect(joinClan({ ...context, userId: '7', clanId: '3' }, state)).toEqual({ event: null });
  });

  it('of another clan moves the person', () => {
    expect(eventOf(joinClan({ ...context, userId: '7', clanId: '4' }, inClan3))).toMatchObject({
      clanId: '4',
      leftClanId: '3',
    });
  });

  it('is left once, and not by leaving another clan', () => {
    const event = eventOf(leaveClan({ ...context, userId: '7', clanId: '3' }, inClan3));
    const state = evolveMembership(inClan3, event);
    expect(state).toEqual({ clanId: null });
    expect(leaveClan({ ...context, userId: '7', clanId: '3' }, state)).toEqual({ event: null });
    expect(leaveClan({ ...context, userId: '7', clanId: '4' }, inClan3)).toEqual({ event: null });
  });

  it('is left by somebody the log knows nothing of, so that a claim cannot bring them in later', () => {
    expect(eventOf(leaveClan({ ...context, userId: '7', clanId: '3' }, null)).type).toBe('MemberLeft');
  });
});

describe('a profile', () => {
  it('changes once', () => {
    const command = { ...context, userId: '7', name: 'Ada', avatar: null };
    const state = evolveProfile(null, eventOf(changeProfile(command, null)));
    expect(state).toEqual({ name: 'Ada', avatar: null });
    expect(changeProfile(command, state)).toEqual({ event: null });
    expect(eventOf(changeProfile({ ...command, avatar: '{}' }, state))).toMatchObject({ name: 'Ada', avatar: '{}' });
    expect(eventOf(changeProfile({ ...command, name: 'Ada L.' }, state))).toMatchObject({
      name: 'Ada L.',
      avatar: null,
    });
  });
});

describe('a message', () => {
  it('to a room is the same event when it is sent twice', () => {
    const command = { ...context, sender: ada, content: ' hi ', feeling: 'happy', clientId: 'c1' } as const;
    const event = eventOf(postToRoom(command, clanRoom('3')));
    expect(event).toMatchObject({
      room: clanRoom('3'),
      messageId: context.key,
      id: `msg.${context.key}`,
      content: ' hi ',
      feeling: 'happy',
      clientId: 'c1',
    });
    expect(postToRoom(command, clanRoom('3'))).toEqual({ event });
    const plain = eventOf(postToRoom({ ...context, sender: ada, content: 'hi' }, GLOBAL_ROOM));
    expect(plain.room).toBe(GLOBAL_ROOM);
    expect('feeling' in plain || 'clientId' in plain).toBe(false);
  });

  it('to the clan of somebody who has none is refused', () => {
    for (const state of [null, { clanId: null }]) {
      const decision = postToRoom({ ...context, sender: ada, content: 'hi' }, publicRoom('clan', state));
      expect(refusalOf(decision)).toEqual({ code: 'no_clan', field: 'clan_id' });
    }
  });

  it('to a chat goes to its other side, the same event when it is sent twice', () => {
    const chat = opened();
    const command = { ...context, sender: { ...ada, id: '9' }, content: 'hi', receiver: '10' };
    const event = eventOf(postToChat(command, chat));
    expect(event).toMatchObject({ room: chat.room, sender: { id: '9' } });
    expect(postToChat(command, chat)).toEqual({ event });
    const back = { ...command, sender: { ...ada, id: '10' }, receiver: '9' };
    expect(eventOf(postToChat(back, chat))).toMatchObject({ room: chat.room, sender: { id: '10' } });
  });

  it('to a chat is refused to strangers, as if there were none, and to a receiver who is not in it', () => {
    const command = { ...context, sender: ada, content: 'hi', receiver: '10' };
    const stranger = postToChat(command, opened());
    expect(refusalOf(stranger)).toEqual({ code: 'not_found', field: 'chat_id' });
    expect(postToChat(command, null)).toEqual(stranger);
    const nine = { ...command, sender: { ...ada, id: '9' } };
    const toThemself = refusalOf(postToChat({ ...nine, receiver: '9' }, opened()));
    expect(toThemself).toEqual({ code: 'wrong_receiver', field: 'receiver_id' });
  });

  it('is a reply to a message of its room, and to no other', () => {
    const chat = opened();
    const replyTo = 'cd'.repeat(12);
    const command = { ...context, sender: { ...ada, id: '9' }, content: 'hi', receiver: '10', replyTo };
    const inRoom = (repliedTo: RepliedTo) => postToRoom(command, GLOBAL_ROOM, {}, repliedTo);
    const inChat = (repliedTo: RepliedTo) => postToChat(command, chat, repliedTo);
    for (const [post, room] of [
      [inRoom, GLOBAL_ROOM],
      [inChat, chat.room],
    ] as const) {
      expect(eventOf(post({ room }))).toMatchObject({ room, replyTo });
      for (const other of [null, { room: clanRoom('3') }]) {
        expect(refusalOf(post(other))).toEqual({ code: 'not_found', field: 'reply_to' });
      }
      expect(refusalOf(post({ room, deleted: true }))).toEqual({ code: 'deleted', field: 'reply_to' });
      expect(refusalOf(post({ room: clanRoom('3'), deleted: true }))).toMatchObject({ code: 'not_found' });
    }
    const { replyTo: _, ...plain } = command;
    expect(eventOf(postToRoom(plain, GLOBAL_ROOM))).not.toHaveProperty('replyTo');
  });
});

describe('a reaction', () => {
  const command = {
    ...context,
    messageId: 'cd'.repeat(12),
    userId: '7',
    userName: 'Ada',
    emoji: '👍',
  } as const;
  const state = { room: publicRoom('clan', inClan3), message: { room: clanRoom('3') } };

  it('is the same event when it is sent twice, and a new one with a new key', () => {
    const event = eventOf(react(command, state));
    expect(event).toMatchObject({ type: 'ReactionAdded', room: clanRoom('3'), emoji: '👍' });
    expect(react(command, state)).toEqual({ event });
    expect(eventOf(react({ ...command, key: 'ef'.repeat(12) }, state)).id).not.toBe(event.id);
  });

  it('of no emoji takes it back', () => {
    const event = eventOf(react({ ...command, emoji: '' }, state));
    expect(event).toMatchObject({ type: 'ReactionRemoved', messageId: command.messageId, userId: '7' });
    expect(react({ ...command, emoji: '' }, state)).toEqual({ event });
  });

  it('to a message of another room, or of none, is refused', () => {
    for (const message of [null, { room: GLOBAL_ROOM }, { room: clanRoom('4') }]) {
      const refusal = refusalOf(react(command, { ...state, message }));
      expect(refusal).toEqual({ code: 'not_found', field: 'message_id' });
    }
    const clanless = refusalOf(react(command, { room: null, message: null }));
    expect(clanless).toEqual({ code: 'no_clan', field: 'clan_id' });
  });

  it('to a message that was deleted is refused', () => {
    const message = { room: clanRoom('3'), deleted: true } as const;
    expect(refusalOf(react(command, { ...state, message }))).toEqual({ code: 'deleted', field: 'message_id' });
  });
});

describe('an edit', () => {
  const command = { ...context, messageId: 'cd'.repeat(12), userId: '7', content: 'Well met!', withinSeconds: 900 };
  const said = (secondsAgo: number) => ({
    room: clanRoom('3'),
    sender: { id: '7' },
    at: new Date(Date.parse(context.at) - secondsAgo * 1_000).toISOString(),
  });
  const state = { room: clanRoom('3'), message: said(899) };

  it('changes what one has said oneself, while it is not too late', () => {
    expect(eventOf(editMessage(command, state))).toEqual({
      ...{ type: 'MessageEdited', room: clanRoom('3'), id: `edit.${context.key}`, at: context.at },
      ...{ messageId: command.messageId, userId: '7', content: 'Well met!' },
    });
    const late = editMessage(command, { ...state, message: said(900) });
    expect(late).toMatchObject({ refusal: { code: 'too_late', message: expect.stringContaining('within 900 s') } });
    const never = editMessage({ ...command, withinSeconds: 0 }, { ...state, message: said(0) });
    expect(never).toMatchObject({ refusal: { code: 'too_late', message: 'messages are not edited here' } });
  });

  it('and a deletion are refused of what is not there, not here, or not one’s own', () => {
    for (const change of [editMessage, deleteMessage]) {
      const refusedFor = (changed: object) => refusalOf(change(command, { ...state, ...changed }));
      expect(refusedFor({ room: null })).toEqual({ code: 'no_clan', field: 'clan_id' });
      expect(refusedFor({ message: null })).toEqual({ code: 'not_found', field: 'message_id' });
      expect(refusedFor({ room: GLOBAL_ROOM })).toEqual({ code: 'not_found', field: 'message_id' });
      expect(refusalOf(change({ ...command, userId: '8' }, state))).toEqual({ code: 'not_yours', field: 'message_id' });
    }
  });

  it('of what was deleted is refused; a deletion is made once, however late', () => {
    const deleted = { ...state, message: { ...said(0), deleted: true as const } };
    expect(refusalOf(editMessage(command, deleted))).toEqual({ code: 'deleted', field: 'message_id' });
    expect(deleteMessage(command, deleted)).toEqual({ event: null });
    expect(eventOf(deleteMessage(command, { ...state, message: said(1e6) }))).toEqual({
      ...{ type: 'MessageDeleted', room: clanRoom('3'), id: `delete.${context.key}`, at: context.at },
      ...{ messageId: command.messageId, userId: '7', senderId: '7' },
    });
  });
});

describe('a seen mark', () => {
  const command = { ...context, userId: '9' };

  it('goes up to the last message, and not twice', () => {
    const chat = opened();
    expect(eventOf(markSeen(command, { chat, lastN: 5, seenN: 2 }))).toMatchObject({ n: 5, userId: '9' });
    expect(eventOf(markSeen({ ...command, userId: '10' }, { chat, lastN: 3, seenN: 2 })).n).toBe(3);
    expect(markSeen(command, { chat, lastN: 5, seenN: 5 })).toEqual({ event: null });
    expect(markSeen(command, { chat, lastN: 0, seenN: 0 })).toEqual({ event: null });
  });

  it('of a stranger is refused', () => {
    const state = { chat: opened(), lastN: 5, seenN: 0 };
    const stranger = markSeen({ ...command, userId: '7' }, state);
    expect(refusalOf(stranger)).toEqual({ code: 'not_found', field: 'chat_id' });
    expect(markSeen(command, { ...state, chat: null })).toEqual(stranger);
  });
});
