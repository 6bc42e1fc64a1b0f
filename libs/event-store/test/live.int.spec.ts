import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import type { EventLog } from '../src/index.js';
import { LogUnderTest } from './log-under-test.js';

let test: LogUnderTest;
let here: EventLog;
let there: EventLog;

beforeAll(async () => {
  test = await LogUnderTest.create(undefined, true);
  [here, there] = await Promise.all([test.open(), test.open()]);
});
afterAll(() => test.closeAll());

describe('live updates', () => {
  it('reach whoever listens to the room, in order, and nobody after they stopped', async () => {
    const heard: string[] = [];
    const deaf: string[] = [];
    const subscription = here.live.subscribeToRoom(GLOBAL_ROOM, (text) => heard.push(text));
    here.live.subscribeToRoom(clanRoom('global'), (text) => deaf.push(text));
    const stopped = here.live.subscribeToRoom(GLOBAL_ROOM, (text) => deaf.push(text));
    stopped.stop();
    stopped.stop();
    await here.live.flush();
    const sent = Array.from({ length: 100 }, (_, i) => `${i} 🫡`);
    for (const text of sent) there.live.publishToRoom(GLOBAL_ROOM, text);
    await there.live.flush();
    await here.live.flush();
    expect(heard).toEqual(sent);
    expect(deaf).toEqual([]);
    subscription.stop();
  });

  it('reach a person whatever their id is made of', async () => {
    const ids = ['7', '7.1', '*', '>', 'ä b', '🦄'];
    const heard: string[] = [];
    for (const id of ids) here.live.subscribeToUser(id, (text) => heard.push(`${id} ${text}`));
    await here.live.flush();
    for (const id of ids) there.live.publishToUser(id, 'hello');
    await there.live.flush();
    await here.live.flush();
    expect(heard).toEqual(ids.map((id) => `${id} hello`));
  });
});

describe('a question to all', () => {
  it('is answered at once with nothing where nobody listens', async () => {
    const start = performance.now();
    expect(await here.live.ask('nobody', 'anybody?', 5_000)).toEqual([]);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('gathers the answers of all who have one', async () => {
    here.live.answer('presence', (text) => [`here ${text}`, 'and more']);
    there.live.answer('presence', (text) => [`there ${text}`]);
    const silent = there.live.answer('presence', () => []);
    await Promise.all([here.live.flush(), there.live.flush()]);
    expect((await here.live.ask('presence', 'who?', 200)).sort()).toEqual(['and more', 'here who?', 'there who?']);
    silent.stop();
  });
});
