import { beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom, commandKey } from '#domain';
import { FrameRefused } from '#protocol';
import { ReadModelsUnavailable } from '#read-models';
import { ReactToMessage, ReactToMessageHandler } from '../src/commands/react.js';
import { KnownMessages } from '../src/commands/known-messages.js';
import { RecentMessages } from '../src/commands/recent-messages.js';
import { outcomeOf, settled } from './caller-in-memory.js';
import { arrived, settle } from './chat-in-memory.js';
import { ada, askAnew, chat, events } from './asked-chat.js';

const FIND = 'find messages of timeline-1';

askAnew();
let recent: RecentMessages;
beforeEach(() => {
  recent = new RecentMessages();
});

describe('a reaction', () => {
  const react = (room: 'global' | 'clan', messageId: string, emoji = '👍', clientId?: string) =>
    outcomeOf(
      new ReactToMessageHandler(chat.log, new KnownMessages(chat.served, recent, chat.log)).execute(
        new ReactToMessage(ada, room, messageId, emoji, clientId),
      ),
    );
  const reactions = () => events().filter(({ type }) => type !== 'MessageCreated');

  it('to a message of the room is in the log once it is answered, as is its removal', async () => {
    const id = chat.say(clanRoom('7'), 'hello', '2');
    await chat.timeline.run();
    ada.person.name = 'Ada';
    const done = { ack: { message_id: id } };
    expect((await settled(react('clan', id, '👍', 'c1'))).value).toEqual(done);
    expect((await settled(react('clan', id, ''))).value).toEqual(done);
    const [room, userId] = [clanRoom('7'), '1'];
    expect(reactions()).toMatchObject([
      { type: 'ReactionAdded', room, id: `react.${commandKey('1', room, 'c1')}`, messageId: id, userId, emoji: '👍' },
      { type: 'ReactionRemoved', room, messageId: id, userId },
    ]);
    expect(reactions()[0]).toMatchObject({ userName: 'Ada' });
  });

  it('to a message of another room, or of none, is refused at once', async () => {
    const id = chat.say(clanRoom('8'), 'hello', '2');
    await chat.timeline.run();
    for (const [room, messageId] of [
      ['clan', id],
      ['global', id],
      ['clan', 'nonsense'],
    ] as const) {
      expect((await settled(react(room, messageId))).value).toMatchObject({ refusal: { code: 'not_found' } });
    }
    expect(reactions()).toEqual([]);
  });

  it('to a message that was just appended here waits for it, up to two seconds', async () => {
    const id = chat.say(clanRoom('7'), 'hello', '2');
    recent.add(id);
    const reacted = react('clan', id);
    await settle(1_800);
    expect(reacted).toEqual({});
    await chat.timeline.run();
    await settle(60);
    expect([reacted.value, reactions().length]).toEqual([{ ack: { message_id: id } }, 1]);
    const late = chat.say(clanRoom('7'), 'late', '2');
    recent.add(late);
    const refused = react('clan', late);
    await settle(1_990);
    expect(refused).toEqual({});
    await settle(100);
    expect(refused.error).toBeInstanceOf(FrameRefused);
    expect((refused.error as FrameRefused).fault.code).toBe('unavailable');
  });

  it('is decided on the clan that its sender is in once the message is found', async () => {
    const id = chat.say(clanRoom('7'), 'hello', '2');
    await chat.timeline.run();
    const found = chat.gates.hold(`${FIND} answer`);
    const reacted = react('clan', id);
    await arrived(found);
    ada.person.clanId = '8';
    found.release();
    await settle();
    expect(reacted.value).toMatchObject({ refusal: { code: 'not_found' } });
  });

  it('is given up after 4.5 s where the read model never answers', async () => {
    chat.gates.hold(FIND);
    const reacted = react('clan', 'x');
    await settle(4_450);
    expect(reacted).toEqual({});
    await settle(100);
    expect(reacted.error).toBeInstanceOf(ReadModelsUnavailable);
  });

  it('fails where the read model does not answer', async () => {
    chat.gates.fail(FIND, new ReadModelsUnavailable('away'));
    expect((await settled(react('clan', 'x'))).error).toBeInstanceOf(ReadModelsUnavailable);
  });
});
