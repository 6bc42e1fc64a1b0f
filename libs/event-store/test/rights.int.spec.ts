import { connect as natsConnect } from '@nats-io/transport-node';
import { describe, expect, it } from '@jest/globals';
import {
  banPerson,
  blockersOf,
  blockPerson,
  changeSlowMode,
  type ChatCreated,
  clanRoom,
  deleteMessage,
  directRoom,
  GLOBAL_ROOM,
  sanctionsOf,
  userRoom,
} from '#domain';
import { type Delivery, EventLog, LogUnavailable } from '../src/index.js';
import { all, contentOf, message } from './log-under-test.js';
import { PASSWORD } from './deployed-server.js';
import { chatctl, connect, deploy, gateway, server } from './deployed-roles.js';
import { OwnServer } from './own-server.js';
import { rawNats } from './raw-nats.js';

// What the users at NATS may do, by the configuration that is deployed.

deploy();

describe('a gateway', () => {
  const room = directRoom('1', '2');
  const take = async (from: { next(): Promise<unknown> }) => (await from.next()) as Delivery;

  it('shares the consumer of in-mail with others, and an operator sees and removes it', async () => {
    const inMail = { name: 'inmail', kind: 'msg' } as const;
    const shared = await gateway.share(inMail);
    for (const content of ['done', 'again', 'left']) await gateway.append(message(room, content));
    const done = await take(shared);
    done.done();
    const again = await take(shared);
    again.again(0);
    shared.close();
    const heir = await (await connect('gateway')).share(inMail);
    const rest = [await take(heir), await take(heir)];
    expect(rest.map(({ record }) => contentOf(record)).sort()).toEqual(['again', 'left']);
    expect(await chatctl.consumers()).toMatchObject([{ name: 'inmail', pending: 2 }]);
    heir.close();
    await chatctl.removeConsumers('inmail');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await chatctl.consumers()).toEqual([]);
  });

  it('tells other gateways what nobody keeps, and hears it', async () => {
    const heard: string[] = [];
    const other = await connect('gateway');
    other.live.onSignal('presence', (text) => heard.push(text));
    await other.live.flush();
    gateway.live.signal('presence', 'hello');
    await gateway.live.flush();
    await other.live.flush();
    expect(heard).toEqual(['hello']);
  });

  it('holds things against people and slows rooms down, and tells the other gateways, as the application does', async () => {
    const context = { key: 'ab'.repeat(12), at: '2026-01-02T03:04:05.678Z', by: '9' };
    const heard: string[] = [];
    gateway.live.subscribeToUser('7', (text) => heard.push(text));
    gateway.live.onSignal('slow-mode', (text) => heard.push(text));
    await gateway.live.flush();
    for (const [role, key] of [
      ['gateway', '1'],
      ['query', '2'],
    ] as const) {
      const log = await connect(role);
      const command = { ...context, key: key.repeat(24), room: clanRoom(key), userId: '7' };
      await log.decide(userRoom('7'), 'sanction', (last) => banPerson(command, sanctionsOf(last)));
      await log.decide(clanRoom(key), 'mode', () => changeSlowMode({ ...command, seconds: 5 }, 0));
      const message = { room: GLOBAL_ROOM, sender: { id: '8' }, at: context.at };
      const deletion = { ...command, messageId: 'cd'.repeat(12), isModerator: true };
      const deleted = deleteMessage(deletion, { room: GLOBAL_ROOM, message });
      await log.append('event' in deleted ? deleted.event! : (undefined as never));
      log.live.publishToUser('7', `ban ${role}`);
      log.live.signal('slow-mode', `slow ${role}`);
      await log.live.flush();
    }
    await gateway.live.flush();
    expect(heard.sort()).toEqual(['ban gateway', 'ban query', 'slow gateway', 'slow query']);
  });

  it('hears what is told to rooms and people, as the query side, and nothing as who may not', async () => {
    const heard: string[] = [];
    const [query, projector] = [await connect('query'), await connect('projector')];
    query.live.overhear(null, (text) => heard.push(text));
    projector.live.overhear(null, () => heard.push('by the projector'));
    await Promise.all([query.live.flush(), projector.live.flush()]);
    projector.live.publishToRoom(GLOBAL_ROOM, 'of a room');
    projector.live.publishToUser('7', 'of a person');
    await projector.live.flush();
    await query.live.flush();
    expect(heard.sort()).toEqual(['of a person', 'of a room']);
  });

  it('blocks people in direct chats, and tells the other gateways', async () => {
    const chat = directRoom('7', '9');
    const heard: string[] = [];
    const other = await connect('gateway');
    other.live.onSignal('blocks', (text) => heard.push(text));
    await other.live.flush();
    const by = { key: 'ef'.repeat(12), at: '2026-01-02T03:04:05.678Z', by: '9' };
    const opened = {
      type: 'ChatCreated',
      room: chat,
      id: '',
      at: by.at,
      by: '7',
      users: ['7', '9'],
    } satisfies ChatCreated;
    await gateway.decide(chat, 'block', (last) => blockPerson(by, { chat: opened, blockers: blockersOf(last) }));
    gateway.live.signal('blocks', 'told');
    await gateway.live.flush();
    await other.live.flush();
    expect([heard, blockersOf(await gateway.last(chat, 'block'))]).toEqual([['told'], ['9']]);
  });

  it('puts letters of in-mail aside, which an operator lists and drops', async () => {
    const letter = { projection: 'inmail', partition: 3, seq: 7, reason: 'it answered 500' };
    await gateway.letters.put(letter);
    expect(await all(chatctl.letters.all())).toMatchObject([letter]);
    expect(await chatctl.letters.drop(letter)).toBe(true);
  });

  it('has no other consumer, none of other events, and puts no other letters aside', async () => {
    const letter = { projection: 'timeline', partition: 3, seq: 7, reason: 'for the test' };
    await Promise.all([
      expect(gateway.share({ name: 'other', kind: 'msg' })).rejects.toThrow(LogUnavailable),
      expect(gateway.share({ name: 'inmail', kind: 'member' })).rejects.toThrow(LogUnavailable),
      expect(gateway.letters.put(letter)).rejects.toThrow(/Permissions/),
    ]);
    expect([await chatctl.consumers(), await all(chatctl.letters.all())]).toEqual([[], []]);
  });
});

describe('who lets people in', () => {
  const follows = async (log: EventLog): Promise<EventLog['revocations']> => {
    const revocations = log.revocations.follow();
    while (revocations.hindrance !== null) await new Promise((resolve) => setTimeout(resolve, 10));
    return revocations;
  };
  const isRevoked = ({ revocations }: EventLog, userId: string) =>
    revocations.isRevoked({ userId, jti: null, issuedAt: 0 });

  it('knows which tokens are revoked by the query side and by an operator, at once, and who comes later does', async () => {
    const query = await connect('query');
    // An operator's process that is asked over HTTP lets people in too.
    const serving = await connect('chatctl');
    await Promise.all([follows(gateway), follows(query), follows(serving)]);
    await query.revocations.revokePerson('7');
    await chatctl.revocations.revokePerson('8');
    // Heard, and not only read a second later.
    const times: number[] = [];
    for (const userId of ['9', '10', '11']) {
      const begun = performance.now();
      await query.revocations.revokePerson(userId);
      while (!isRevoked(gateway, userId)) await new Promise((resolve) => setTimeout(resolve, 5));
      times.push(performance.now() - begun);
    }
    expect(times.sort((a, b) => a - b)[1]).toBeLessThan(200);
    const later = await connect('gateway');
    await follows(later);
    for (const each of [gateway, query, later, serving]) {
      expect(['7', '8', '12'].map((userId) => isRevoked(each, userId))).toEqual([true, true, false]);
    }
  });

  it('may revoke nothing at a gateway, and a projector neither', async () => {
    const projector = await connect('projector');
    const before = (await chatctl.streams()).find(({ name }) => name === 'EVENTS_REVOKED')!.lastSeq;
    await Promise.all([
      expect(gateway.revocations.revokePerson('13')).rejects.toThrow(/Permissions/),
      expect(projector.revocations.revokePerson('13')).rejects.toThrow(),
    ]);
    expect((await chatctl.streams()).find(({ name }) => name === 'EVENTS_REVOKED')!.lastSeq).toBe(before);
  });
});

describe('an operator', () => {
  it('backs up what is the truth, and restores nothing', async () => {
    await gateway.append(message(directRoom('1', '2'), 'kept'));
    for (const name of [...chatctl.backups.ofLog, chatctl.backups.ofKeys]) {
      let bytes = 0;
      const { state } = await chatctl.backups.take(name, (part) => {
        bytes += part.length;
        return Promise.resolve();
      });
      expect([bytes > 0, state.last_seq >= 0]).toEqual([true, true]);
    }
    const login = { user: 'chatctl', pass: PASSWORD, inboxPrefix: '_INBOX.parley-chatctl' };
    const raw = await natsConnect({ servers: server.url, ...login });
    for (const what of ['RESTORE.EVENTS', 'DELETE.EVENTS', 'UPDATE.EVENTS', 'SNAPSHOT.EVENTS_MEMBERS']) {
      await expect(raw.request(`$JS.API.STREAM.${what}`, '{')).rejects.toThrow(/Permissions/);
    }
    await raw.close();
    for (const role of ['gateway', 'projector', 'query']) {
      const other = await connect(role);
      await expect(other.backups.take('EVENTS', () => Promise.resolve())).rejects.toThrow(/Permissions/);
    }
  });

  it('sees that each role has the rights that it should', async () => {
    for (const role of ['gateway', 'projector', 'query', 'chatctl'] as const) {
      expect(await chatctl.inspection.rights(role, PASSWORD)).toMatchObject({ missing: [], excess: [], unknown: [] });
    }
    expect((await chatctl.inspection.rooms()).every(({ used }) => used >= 0)).toBe(true);
    expect(await chatctl.inspection.differences(1)).toEqual([]);
  });

  it('takes no answer for a right, nor for none', async () => {
    const own = await OwnServer.start();
    try {
      const log = await EventLog.connect({ servers: own.url, stream: 'EVENTS', prefix: 'chat', name: 'rights' });
      await log.setUp();
      const nats = await rawNats(own.url);
      const { streams } = nats.jetstream;
      const { config } = await streams.info('EVENTS_TRIAL');
      await streams.update('EVENTS_TRIAL', { ...config, no_ack: true });
      await nats.close();
      const found = await log.inspection.rights('gateway', PASSWORD);
      await log.close();
      expect([found.missing, found.unknown]).toEqual([[], ['chat.trial']]);
    } finally {
      await own.remove();
    }
  });
});

describe('the query side', () => {
  it('reads parts of the log and leaves nothing behind, and writes no events but those of people', async () => {
    const query = await connect('query');
    const room = directRoom('3', '4');
    await gateway.append(message(room, 'one'));
    await gateway.append(message(directRoom('3', '5'), 'elsewhere'));
    for (const filter of [{ room }, { room, kind: 'msg' }] as const) {
      expect((await all(query.read({ filter }))).map(contentOf)).toEqual(['one']);
    }
    const messages = (await all(chatctl.read())).filter(({ kind }) => kind === 'msg');
    expect(await all(query.read({ filter: { kind: 'msg' } }))).toEqual(messages);
    expect((await all(query.read())).length).toBe(await query.lastSeq());
    for await (const { seq } of query.read()) if (seq === 1) break;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await chatctl.consumers()).toEqual([]);
    await expect(query.append(message(room, 'none'))).rejects.toThrow(/Permissions/);
  });

  it('neither takes from the consumer of in-mail, nor changes or deletes it', async () => {
    const shared = await gateway.share({ name: 'inmail', kind: 'msg' });
    const login = { user: 'query', pass: 'x', inboxPrefix: '_INBOX.parley-query' };
    const query = await natsConnect({ servers: server.url, ...login });
    for (const [request, body] of [
      ['MSG.NEXT.EVENTS.inmail', { batch: 1, no_wait: true }],
      ['CREATE.EVENTS.inmail.chat.ev.*.*.msg', { stream_name: 'EVENTS', config: { durable_name: 'inmail' } }],
      ['DELETE.EVENTS.inmail', {}],
    ] as const) {
      const answer = query.request(`$JS.API.CONSUMER.${request}`, JSON.stringify(body));
      await expect(answer).rejects.toThrow(/Permissions/);
    }
    expect(await chatctl.consumers()).toMatchObject([{ name: 'inmail' }]);
    await query.close();
    shared.close();
    await chatctl.removeConsumers('inmail');
  });
});
