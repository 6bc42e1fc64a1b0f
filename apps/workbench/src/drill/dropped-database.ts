import { MongoClient } from 'mongodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { GLOBAL_ROOM } from '#domain';
import { EventLog } from '#event-store';
import { startSystemApart } from '../apart/system-apart.js';
import { Talker } from './talk.js';
import type { Drill } from './stage.js';
import { logOf } from '#settings';

const MESSAGES = 200;
const WHOLE_WITHIN_S = 15;
const ROUNDS = 3;

/** How many messages the log has of the global room: what the next one of its numbers follows. */
async function countMessages(log: EventLog): Promise<number> {
  let count = 0;
  for await (const record of log.read({ filter: { room: GLOBAL_ROOM, kind: 'msg' } })) if (record.seq > 0) count++;
  return count;
}

export const droppedDatabase: Drill = {
  about: 'the database is dropped while people chat and no head of a room is in memory: how soon all is whole again',
  limitSeconds: 180,
  async play(stage) {
    const { folder, cacheFolder, say } = stage;
    const system = await startSystemApart({ folder, fresh: false, cacheFolder, gateways: 1, say });
    stage.atEnd(() => system.close());
    const { gateways } = system.running;
    const ada = new Talker(gateways[0]!, system.secret);
    const bob = new Talker(gateways[0]!, system.secret, '8');
    const log = await EventLog.connect({ ...logOf(system.running), name: 'parley-drill' });
    const client = new MongoClient(system.mongodb.url);
    stage.atEnd(async () => {
      ada.close();
      bob.close();
      await client.close();
      await log.close();
    });
    say(`${MESSAGES} messages`);
    while (ada.numbers.length < MESSAGES) await ada.say(WHOLE_WITHIN_S);
    for (let round = 1; round <= ROUNDS; round++) {
      say(`round ${round}: the projector begins anew, with no head in memory`);
      await system.projector.kill('SIGTERM');
      await system.projector.start();
      say('the database is dropped');
      await client.db('parley').dropDatabase();
      const seconds = await bob.say(30);
      stage.check(
        `what is said is told again after ${seconds.toFixed(1)} s, ${WHOLE_WITHIN_S} at most`,
        seconds <= WHOLE_WITHIN_S,
      );
      const roles = [system.projector, system.gateways[0]!, system.query];
      const areReady = async () => (await Promise.all(roles.map((role) => role.isReady()))).every((ready) => ready);
      for (let waits = 0; waits < 50 && !(await areReady()); waits++) await sleep(100);
      stage.check('every role is ready', await areReady());
      const messages = await countMessages(log);
      stage.check(`by its right number: ${bob.numbers.at(-1)} of ${messages}`, bob.numbers.at(-1) === messages);
    }
    const isOnce = [ada, bob].every(({ numbers }) => new Set(numbers).size === numbers.length);
    stage.check('nobody was told anything twice', isOnce);
  },
};
