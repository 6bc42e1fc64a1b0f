import { connect as natsConnect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from '@jest/globals';
import { directRoom, userRoom } from '#domain';
import { EventLog, readableEvent } from '../src/index.js';
import { all, message, nextKey } from './log-under-test.js';
import { connect, deploy, server } from './deployed-roles.js';

// What the users at NATS may do with keys, by the configuration that is deployed.

deploy();

describe('what is encrypted', () => {
  const encryption = { masterKeys: [Buffer.alloc(32, 7)], seals: true };
  const context = () => ({ key: nextKey(), at: new Date().toISOString() });
  const by = (id: string) => ({
    ...message(directRoom('1', '2'), `of ${id}`),
    sender: { id, name: 'Ada', avatar: null },
  });
  const contents = async (log: EventLog) =>
    (await all(log.read()))
      .map(readableEvent)
      .map((event) => (event?.type === 'MessageCreated' ? event.content : null));

  it('is sealed by a gateway and read by everybody; the query side and an operator erase people', async () => {
    const sealing = await connect('gateway', { encryption });
    const projector = await connect('projector', { encryption });
    for (const [userId, role] of [
      ['70', 'query'],
      ['71', 'chatctl'],
    ] as const) {
      const { seq } = (await sealing.append(by(userId))) as { seq: number };
      expect((await sealing.recordAt(seq))!.keyId).toMatch(new RegExp(`^${userId}\\.`));
      expect(await contents(projector)).toContain(`of ${userId}`);
      await (await connect(role, { encryption })).eraser.erase(userId, context());
      expect(await contents(projector)).not.toContain(`of ${userId}`);
    }
    expect(await (await connect('chatctl', { encryption })).keyring.rotate(() => undefined)).toBe(0);
  });

  it('is erased again by a projector where the key comes back', async () => {
    const sealing = await connect('gateway', { encryption });
    await sealing.append(by('73'));
    const user = { servers: server.url, pass: 'x' };
    const operator = await natsConnect({ ...user, user: 'chatctl', inboxPrefix: '_INBOX.parley-chatctl' });
    const query = { last_by_subj: 'chat.key.73' };
    const { streams } = await jetstreamManager(operator, { checkAPI: false });
    const backup = (await streams.getMessage('EVENTS_KEYS', query))!;
    await (await connect('query', { encryption })).eraser.erase('73', context());
    const maker = await natsConnect({ ...user, user: 'gateway', inboxPrefix: '_INBOX.parley-gateway' });
    await maker.request('chat.key.73', backup.data);
    expect(await (await connect('projector', { encryption })).eraser.carryOut()).toEqual(['73']);
    expect(await streams.getMessage('EVENTS_KEYS', query)).toBeNull();
    await Promise.all([operator.close(), maker.close()]);
  });

  it('is not erased by a gateway', async () => {
    const sealing = await connect('gateway', { encryption });
    await sealing.append(by('72'));
    await expect(sealing.eraser.erase('72', context())).rejects.toThrow();
    const { key, at } = context();
    const fence = {
      type: 'UserErased',
      room: userRoom('72'),
      id: `erase.${key}`,
      at,
      userId: '72',
      keyId: null,
    } as const;
    await expect(sealing.append(fence)).rejects.toThrow(/Permissions/);
    expect(await contents(await connect('projector', { encryption }))).toContain('of 72');
  });
});
