import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom, joinClan, leaveClan, type MembershipEvent, userRoom } from '#domain';
import { type EventLog, OutcomeUnknown } from '../src/index.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { all, LogUnderTest, message, nextKey } from './log-under-test.js';

// What is not answered is asked, or sent, again.

let test: LogUnderTest;
let proxy: CuttableProxy;
/** Through the proxy. */
let log: EventLog;
let direct: EventLog;

beforeAll(async () => {
  test = await LogUnderTest.create();
  proxy = await CuttableProxy.start(test.options.servers);
  direct = await test.open();
});
beforeEach(async () => {
  log = await test.open({ servers: proxy.url });
});
afterAll(async () => {
  await test.remove();
  await proxy.stop();
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 500) throw new Error('did not come about');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const ways = [
  {
    lost: 'alone',
    regain: () => {
      proxy.keepAnswers();
      return Promise.resolve();
    },
  },
  {
    lost: 'with the connection',
    regain: () => {
      proxy.cut();
      proxy.mend();
      return until(() => Promise.resolve(log.connected));
    },
  },
];
/** Of a connection that is so old the client dials anew at once: what is away for a second is given up. */
const SETTLED_MS = 500;

describe.each(ways)('an answer that is lost $lost', ({ lost, regain }) => {
  beforeEach(() => sleep(SETTLED_MS));

  it('is had by sending the event again, which is stored once', async () => {
    const room = clanRoom(lost);
    const event = message(room, 'once');
    proxy.loseAnswers();
    const appended = log.append(event);
    await proxy.losesAppend();
    await regain();
    expect(await appended).toEqual({ seq: await direct.lastSeq({ room }), duplicate: true });
    expect(await all(direct.read({ filter: { room } }))).toMatchObject([{ id: event.id }]);
  });

  it('is had by asking again', async () => {
    const room = clanRoom(`${lost}, asked`);
    await direct.append(message(room, 'there'));
    proxy.loseAnswers();
    const asked = log.last(room, 'msg');
    // The question is with the server before the way back is open.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await regain();
    expect(await asked).toMatchObject({ content: 'there' });
  });
});

describe('a stream that is not there for a moment', () => {
  it('takes what was sent to it when it is back', async () => {
    const bare = await LogUnderTest.create(undefined, true);
    const [early, late] = [await bare.open(), await bare.open()];
    const appended = early.append(message(clanRoom('1'), 'early'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await late.setUp();
    expect(await appended).toMatchObject({ seq: 1, duplicate: false });
    await bare.remove();
  });

  it('says nothing of what it may have taken before', async () => {
    const gone = await LogUnderTest.create();
    const through = await gone.open({ servers: proxy.url });
    const room = clanRoom('1');
    proxy.loseAnswers();
    const appended = through.append(message(room, 'taken'), { deadline: performance.now() + 3_000 });
    const refused = expect(appended).rejects.toThrow(OutcomeUnknown);
    await proxy.losesAppend();
    await gone.jetstream(({ streams }) => streams.delete(gone.options.stream));
    proxy.keepAnswers();
    await refused;
    await gone.remove();
  });
});

describe('a decision', () => {
  it('whose event is there from before, which cannot be read just now, is not refused for certain', async () => {
    const command = { key: nextKey(), at: new Date().toISOString(), userId: '7', clanId: '3' };
    const join = () => joinClan(command, null);
    await direct.decide<MembershipEvent>(userRoom('7'), 'member', join);
    const leave = { ...command, key: nextKey() };
    await direct.decide<MembershipEvent>(userRoom('7'), 'member', () => leaveClan(leave, { clanId: '3' }));
    proxy.holdAfter('"duplicate": true');
    const options = { deadline: performance.now() + 2_000 };
    const again = log.decide<MembershipEvent>(userRoom('7'), 'member', join, options);
    await expect(again).rejects.toThrow(OutcomeUnknown);
    proxy.release();
  });
});
