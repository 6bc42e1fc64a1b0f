import { describe, expect, it } from '@jest/globals';
import { settle } from './chat-in-memory.js';
import { OnlinePeople } from '../src/presence/online-people.js';
import { OwnPeople } from '../src/presence/own-people.js';
import { Watchers } from '../src/presence/watchers.js';
import type { Session } from '../src/socket/session.js';
import { Subscriptions } from '../src/socket/subscriptions.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { brief, gatherAnew, here, presenceOf, subscribe, there } from './two-gateways.js';

gatherAnew();

describe('presence in a clan', () => {
  it('is first everybody who is there, on any gateway, then who comes and goes', async () => {
    const ada = await here.join('ada', '3');
    await there.join('bob', '3');
    await there.join('eve', '4');
    await subscribe(ada.client, 'presence');
    const cleo = await there.join('cleo', '3');
    await settle(200);
    cleo.client.ws.close();
    await settle(1_300);
    expect(presenceOf(ada.client).map(brief)).toEqual([
      { online: expect.arrayContaining(['ada', 'bob']), offline: [], snapshot: true },
      { online: ['cleo'], offline: [] },
      { online: [], offline: ['cleo'] },
    ]);
    expect(presenceOf(ada.client)[0]).toMatchObject({ chat: 'clan', online: { length: 2 } });
  });

  it('is told to nobody who has not asked, or does not ask any more', async () => {
    const [ada, bob] = [await here.join('ada', '3'), await here.join('bob', '3')];
    await subscribe(ada.client, 'presence');
    await subscribe(bob.client, 'typing', 'seen', 'changes');
    await subscribe(ada.client);
    const before = presenceOf(ada.client).length;
    await there.join('cleo', '3');
    await settle(500);
    expect([before, presenceOf(ada.client).length, presenceOf(bob.client)]).toEqual([1, 1, []]);
  });

  it('does not flicker where somebody comes back at once, at whichever gateway', async () => {
    const ada = await here.join('ada', '3');
    const bob = await here.join('bob', '3');
    await subscribe(ada.client, 'presence');
    bob.client.ws.close();
    await settle(500);
    const again = await there.join('bob', '3');
    await settle(2_000);
    again.client.ws.close();
    await settle(500);
    await there.join('bob', '3');
    await settle(2_000);
    expect(presenceOf(ada.client).slice(1)).toEqual([]);
  });

  it('ends with the last of many connections, of either API', async () => {
    const ada = await here.join('7', '3');
    await subscribe(ada.client, 'presence');
    const bobs = [await here.join('8', '3'), await there.join('8', '3'), await there.join('8', undefined, DIRECT_CHAT)];
    await settle(200);
    for (const [i, bob] of bobs.entries()) {
      bob.client.ws.close();
      await settle(1_300);
      expect(presenceOf(ada.client).map(({ offline }) => offline)).toEqual([[], [], ...(i === 2 ? [['8']] : [])]);
    }
  });

  it('is told whole only to who asks, however many ask', async () => {
    const [ada, bob] = [await here.join('ada', '3'), await here.join('bob', '3')];
    await subscribe(ada.client, 'presence');
    await subscribe(bob.client, 'presence');
    await subscribe(bob.client, 'presence', 'typing');
    expect([ada, bob].map(({ client }) => presenceOf(client).length)).toEqual([1, 1]);
  });

  it('is told whole once everybody has said who is there, also to who moves meanwhile', async () => {
    const ada = await here.join('ada', '4');
    await there.join('bob', '3');
    ada.client.send('subscribe', { to: ['presence'] });
    await settle(50);
    here.chat.move('ada', '3', { clanId: '4' });
    await here.chat.directory.run();
    await settle(1_000);
    expect(presenceOf(ada.client)[0]).toMatchObject({ snapshot: true, online: expect.arrayContaining(['bob']) });
  });

  it('is asked anew by the first who wants it again, and heard of only while somebody does', async () => {
    const { subscriptions } = here.chat.server;
    const ada = await here.join('ada', '3');
    await there.join('bob', '3');
    await settle(50);
    const before = subscriptions.size;
    await subscribe(ada.client, 'presence');
    expect(subscriptions.size).toBe(before + 1);
    await subscribe(ada.client);
    expect(subscriptions.size).toBe(before);
    // Nobody hears that it goes.
    there.connection.lose();
    await settle(1_000);
    await subscribe(ada.client, 'presence');
    expect(brief(presenceOf(ada.client).at(-1)!)).toEqual({ online: ['ada'], offline: [], snapshot: true });
    await here.join('cleo', '3');
    const open = subscriptions.size;
    ada.client.ws.close();
    await settle(100);
    // What concerned her alone is gone as well.
    expect(subscriptions.size).toBe(open - 2);
  });

  it('is not nobody for who asks shortly after the last who did', async () => {
    await there.join('bob', '3');
    const [ada, cleo] = [await here.join('ada', '3'), await here.join('cleo', '3')];
    ada.client.send('subscribe', { to: ['presence'] });
    await settle(100);
    ada.client.send('subscribe', { to: [] });
    await settle(20);
    cleo.client.send('subscribe', { to: ['presence'] });
    await settle(1_000);
    expect(presenceOf(cleo.client)).toHaveLength(1);
    expect(presenceOf(cleo.client)[0]!['online']).toEqual(expect.arrayContaining(['ada', 'bob', 'cleo']));
  });

  it('is not asked for by a connection that has ended', async () => {
    const { subscriptions } = here.chat.server;
    const [ada, again] = [await here.join('ada', '3'), await here.join('ada', '3')];
    const before = subscriptions.size;
    again.client.ws.terminate();
    await settle(50);
    new Subscriptions(here.hub, here.presence).set(again.session, ['presence', 'typing']);
    await settle(100);
    expect([subscriptions.size, ada.session.isOpen]).toEqual([before, true]);
  });

  it('is not half of a list', async () => {
    const ada = await here.join('ada', '3');
    const piece = { gateway: 'x', seq: 4, of: 2, people: [['x1', '3']] };
    here.chat.elsewhere.live.answer('presence', () => [JSON.stringify(piece)]);
    await subscribe(ada.client, 'presence');
    expect(presenceOf(ada.client).map(brief)).toEqual([{ online: ['ada'], offline: [], snapshot: true }]);
  });

  it('is another clan’s for who moves there, and of who moves both hear', async () => {
    const [ada, bob] = [await here.join('ada', '3'), await there.join('bob', '4')];
    await there.join('cleo', '4');
    for (const { client } of [ada, bob]) await subscribe(client, 'presence');
    here.chat.move('ada', '4', { clanId: '3' });
    await here.chat.directory.run();
    await settle(500);
    expect(presenceOf(ada.client).map(brief).slice(1)).toEqual([
      { online: expect.arrayContaining(['bob', 'cleo']), offline: [], snapshot: true },
      { online: ['ada'], offline: [] },
    ]);
    expect(presenceOf(bob.client).map(brief).slice(1)).toEqual([{ online: ['ada'], offline: [] }]);
    here.chat.move('bob', null, { clanId: '4' });
    await here.chat.directory.run();
    await settle(500);
    expect(brief(presenceOf(bob.client).at(-1)!)).toEqual({ online: [], offline: [], snapshot: true });
    expect(brief(presenceOf(ada.client).at(-1)!)).toEqual({ online: [], offline: ['bob'] });
  });
});

it('a thousand people are told of at a time', () => {
  const own = new OwnPeople();
  const sessions = Array.from(
    { length: 2_500 },
    (_, i) => ({ person: { userId: `${i}`, clanId: null } }) as unknown as Session,
  );
  for (const session of sessions) own.add(session, 0);
  const told = [own.take(0), own.take(0), own.take(0)].map(({ came }) => came.length);
  expect([told, own.isDue]).toEqual([[1_000, 1_000, 500], false]);
});

it('what nobody looks at any more is forgotten', async () => {
  const watchers = new Watchers(new OnlinePeople(), 'documented');
  const { session } = await here.join('7', '3');
  const direct = await here.join('7', undefined, DIRECT_CHAT);
  watchers.add(session, () => []);
  watchers.add(direct.session, () => ['8', '9']);
  expect([watchers.size, watchers.seen]).toEqual([2, 3]);
  watchers.remove(session);
  watchers.remove(direct.session);
  expect([watchers.size, watchers.seen]).toEqual([0, 0]);
});

describe('presence in direct chats', () => {
  it('is of those with whom there is a chat, also one that is opened later, and of nobody else', async () => {
    here.chat.open('7', '8');
    await here.chat.timeline.run();
    const ada = await here.join('7', undefined, DIRECT_CHAT);
    await there.join('8', undefined, DIRECT_CHAT);
    await there.join('9', undefined, DIRECT_CHAT);
    await there.join('10', undefined, DIRECT_CHAT);
    await subscribe(ada.client, 'presence');
    const { room } = here.chat.open('9', '7');
    here.chat.say(room, 'hello', '9');
    await here.tell();
    await settle(500);
    expect(presenceOf(ada.client).map(brief)).toEqual([
      { online: [8], offline: [], snapshot: true },
      { online: expect.arrayContaining([8, 9]), offline: [], snapshot: true },
    ]);
    expect(presenceOf(ada.client)[1]!['online']).toHaveLength(2);
  });
});
