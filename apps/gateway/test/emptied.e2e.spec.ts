import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { clanRoom, type Room } from '#domain';
import { decodeUpdate, type RoomUpdate, Timeline } from '#projections';
import { openMongodbReadModels } from '#read-models';
import { drop } from '../../../libs/read-models/test/drop.js';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';
import { refusal } from './chat-client.js';

const url = process.env['TEST_MONGODB_URL'];

(url === undefined ? describe.skip : describe)('a database that is emptied while everything runs', () => {
  let database: string;
  let system: ChatUnderTest;
  let gateway: Gateway;

  beforeEach(async () => {
    database = `emptied-${randomBytes(4).toString('hex')}`;
    system = await ChatUnderTest.start(await openMongodbReadModels({ url: url!, database }));
    gateway = await system.startGateway();
  });
  afterEach(async () => {
    await system.stop();
  });

  const ready = async () => (await fetch(`http://127.0.0.1:${gateway.port}/health/ready`)).status === 200;
  const serving = async () => (await system.readModels.versions.read('timeline'))?.serving.number ?? 0;
  /** What the room's subject carries. */
  const listen = async (room: Room): Promise<RoomUpdate[]> => {
    const updates: RoomUpdate[] = [];
    system.log.live.subscribeToRoom(room, (text) => updates.push(decodeUpdate(text) as RoomUpdate));
    await system.log.live.flush();
    return updates;
  };
  const say = async (from: number, count: number) => {
    const ada = await system.room(gateway, 'e-ada', { clanId: 'e' });
    for (let i = from; i < from + count; i++) ada.send('clanMessage', { content: String(i) });
    await until('all is told', () => ada.frames.length === count);
    return ada;
  };

  it('is folded anew: nothing is told by wrong numbers, everybody starts from a history that is whole', async () => {
    const room = clanRoom('e');
    const ada = await say(0, 5);
    // Projectors that know no head of any room.
    await system.stopProjections();
    await system.startProjections();
    const updates = await listen(room);
    await drop(url!, database);
    // Not by her: she may have been sent away by now.
    const messageId = system.nextKey();
    await system.log.append({
      ...{ type: 'MessageCreated', room, id: `msg.${messageId}`, at: new Date().toISOString(), messageId },
      ...{ sender: { id: 'e-ada', name: 'e-ada', avatar: null }, content: '5' },
    });
    expect((await ada.closed).code).toBe(1012);
    await until('another version is served', async () => (await serving()) > 1);
    await until('it is ready', ready);
    const version = await serving();
    const { queries } = { queries: new Timeline(system.readModels.projection('timeline', version)) };
    const stored = await queries.pageAfter(room, { after: 0, limit: 10 });
    expect(stored.map(({ n, content }) => `${n} ${content}`)).toEqual(['1 0', '2 1', '3 2', '4 3', '5 4', '6 5']);
    expect(updates.filter((update) => update.version === 1)).toEqual([]);
    // Who comes now hears what comes now.
    const bob = await system.room(gateway, 'e-bob', { clanId: 'e' });
    bob.send('clanMessage', { content: '6' });
    expect((await bob.next()).message).toMatchObject({ content: '6', n: 7 });
    expect(await bob.quiet()).toEqual([]);
    // What is left of the version that was lost is gone, and its number is not used again.
    await until('nothing is left of it', async () => {
      const lost = new Timeline(system.readModels.projection('timeline', 1));
      return (await lost.lastN(room)) === 0 && (await system.readModels.checkpoints.read(['timeline-1:0'])).size === 0;
    });
  });

  it('is noticed where nothing is said, and where projectors are started anew meanwhile', async () => {
    const ada = await say(0, 3);
    await system.stopProjections();
    await drop(url!, database);
    expect((await ada.closed).code).toBe(1012);
    expect(await ready()).toBe(false);
    expect((await refusal(system.roomUrl(gateway, system.token('e-early')))).status).toBe(503);
    await system.startProjections();
    await until('it is ready', ready);
    expect(await serving()).toBeGreaterThan(1);
    const bob = await system.room(gateway, 'e-bob', { clanId: 'e' });
    bob.send('clanMessage', { content: '3' });
    expect((await bob.next()).message).toMatchObject({ content: '3', n: 4 });
    expect(await bob.quiet()).toEqual([]);
  });

  it('is not followed before all that was in the log is folded', async () => {
    const room = clanRoom('e');
    await say(0, 3);
    await system.stopProjections();
    await system.readModels.remove('timeline', 1);
    const { versions } = system.readModels;
    const stored = (await versions.read('timeline'))!;
    const next = { ...stored, serving: { ...stored.serving, number: 2 }, highest: 2, revision: stored.revision + 1 };
    expect(await versions.replace('timeline', next)).toBe(true);
    await until('it is not ready', async () => !(await ready()));
    // Longer than it takes to follow another version that is whole.
    await sleep(2_000);
    expect((await refusal(system.roomUrl(gateway, system.token('e-early')))).status).toBe(503);
    await system.startProjections();
    await until('it is ready', ready);
    expect(await new Timeline(system.readModels.projection('timeline', 2)).lastN(room)).toBe(3);
  });
});
