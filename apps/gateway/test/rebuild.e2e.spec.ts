import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, type RecordedEvent } from '#domain';
import { type Projection, rebuild, timeline, UnfoldableEvent } from '#projections';
import { ServedTimeline } from '#projections';
import { openMongodbReadModels, swapped, withNextVersion } from '#read-models';
import type { Received } from './chat-client.js';
import { ChatUnderTest, type Gateway } from './chat-under-test.js';
import { until } from './until.js';

const url = process.env['TEST_MONGODB_URL'];
const complaints: string[] = [];
const logger = {
  log: () => undefined,
  warn: (complaint: string) => complaints.push(complaint),
  error: (complaint: string) => complaints.push(complaint),
};

/** A release that takes in less: every number behind what it leaves out is another one. */
const lacking = (content: string): Projection<never> => ({
  ...(timeline as Projection<never>),
  fold(view, event: RecordedEvent) {
    if (event.type === 'MessageCreated' && event.content === content) throw new UnfoldableEvent('left out');
    return (timeline as Projection<never>).fold(view, event);
  },
});

(url === undefined ? describe.skip : describe)('while the timeline is rebuilt', () => {
  let system: ChatUnderTest;
  let gateways: Gateway[];

  beforeAll(async () => {
    const database = `gateway-${randomBytes(4).toString('hex')}`;
    system = await ChatUnderTest.start(await openMongodbReadModels({ url: url!, database }));
    gateways = [await system.startGateway(), await system.startGateway()];
  });
  afterAll(async () => {
    await system.stop();
  });

  const rebuilt = (projection: Projection<never>) => {
    const { log, readModels } = system;
    const { signal } = new AbortController();
    return rebuild({ projection, log, readModels, owner: 'rebuild', logger, onProgress: () => undefined, signal });
  };
  const contents = (frames: readonly Received[]) => frames.map(({ message }) => message?.['content']);

  it('tells everybody everything once and in order, and shows no query less than was told', async () => {
    const [one, other] = gateways as [Gateway, Gateway];
    const speaker = await system.room(one, 'r-ada', { clanId: 'r' });
    const listener = await system.room(other, 'r-bob', { clanId: 'r' });
    const [ada, bob] = [await system.direct(one, 41), await system.direct(other, 42)];
    ada.send('create_chat', { receiver_id: 42 });
    const chat_id = ((await ada.next()).data as { id: number }).id;
    let sent = 0;
    const talking = { on: true };
    const talk = (async () => {
      while (talking.on) {
        speaker.send('clanMessage', { content: String(sent) });
        ada.send('create_message', { chat_id, receiver_id: 42, message: String(sent) });
        sent++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    // Whatever anybody was told can be asked for, at that moment, of whichever process, whenever it looked last.
    const lacking: string[] = [];
    const asking = { on: true };
    const ask = async (startMs: number) => {
      await new Promise((resolve) => setTimeout(resolve, startMs));
      const served = new ServedTimeline(system.readModels);
      while (asking.on) {
        const told = (listener.frames.at(-1)?.message?.['content'] as string | undefined) ?? null;
        const { queries } = await served.pin();
        const shown = (await queries.page(clanRoom('r'), { limit: 1 }))[0]?.content ?? null;
        if (told !== null && Number(shown) < Number(told)) lacking.push(`${told} was told, ${shown} is shown`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const asked = Promise.all([0, 100, 200, 300, 400].map(ask));
    await until('some is said', () => listener.frames.length > 10);
    const { version, lateMs } = await rebuilt(timeline as Projection<never>);
    expect(version.number).toBe(2);
    expect(lateMs).toBeGreaterThan(0);
    const atSwap = listener.frames.length;
    await until('it goes on', () => listener.frames.length > atSwap + 10);
    talking.on = false;
    await talk;
    const all = Array.from({ length: sent }, (_, i) => String(i));
    await until('all is told', () => listener.frames.length >= sent && bob.frames.length >= sent);
    asking.on = false;
    await asked;
    expect(contents(await listener.take(sent))).toEqual(all);
    expect((await bob.take(sent)).map(({ data }) => (data as { message: string }).message)).toEqual(all);
    expect([...(await listener.quiet()), ...(await bob.quiet(0))]).toEqual([]);
    expect(lacking).toEqual([]);
    // What a busy machine has it do once more, and it says so.
    expect(complaints.filter((complaint) => !complaint.includes('the swap is undone and tried again'))).toEqual([]);
  });

  it('tells of a chat that is opened during the swap, also somebody who comes then', async () => {
    const [one, other] = gateways as [Gateway, Gateway];
    const [ada, bob] = [await system.direct(one, 51), await system.direct(other, 52)];
    const before = (await system.readModels.versions.read('timeline'))!.serving.number;
    const rebuilding = rebuilt(timeline as Projection<never>);
    const { versions } = system.readModels;
    await until('the swap begins', async () => (await versions.read('timeline'))!.swap !== null);
    ada.send('create_chat', { receiver_id: 52 });
    // The answer waits for the read model, but not for ever.
    const chat_id = ((await ada.next(10_000)).data as { id: number }).id;
    ada.send('create_message', { chat_id, receiver_id: 52, message: 'the first' });
    const late = await system.direct(one, 52);
    expect((await rebuilding).version.number).toBe(before + 1);
    ada.send('create_message', { chat_id, receiver_id: 52, message: 'the second' });
    const expected = ['the first', 'the second'].map((message) => ({ chat_id, message }));
    expect((await bob.take(2)).map(({ data }) => data)).toMatchObject(expected);
    // What was there when they came is no news to them.
    await until('the second', () => late.frames.some(({ data }) => (data as { n: number }).n === 2));
    expect(late.frames.map(({ data }) => data)).toMatchObject(expected.slice(-late.frames.length));
  });

  it('has those start from the history whose room is numbered otherwise, and nobody else', async () => {
    const [one] = gateways as [Gateway];
    const here = await system.room(one, 's-ada', { clanId: 's' });
    const elsewhere = await system.room(one, 's-bob', { clanId: 't' });
    for (const content of ['first', 'left out', 'last']) {
      here.send('clanMessage', { content });
      await here.next();
    }
    elsewhere.send('clanMessage', { content: 'untouched' });
    await elsewhere.next();
    await rebuilt(lacking('left out'));
    expect((await here.closed).reason).toContain('restart');
    elsewhere.send('clanMessage', { content: 'still here' });
    expect((await elsewhere.next()).message).toMatchObject({ content: 'still here' });
    const back = await system.room(one, 's-ada');
    back.send('clanMessage', { content: 'back' });
    expect((await back.next()).message).toMatchObject({ content: 'back', n: 3 });
  });

  it('sends everybody to the gateways of the release whose format is served', async () => {
    const [one] = gateways as [Gateway];
    const here = await system.room(one, 'u-ada', { clanId: 'u' });
    const ready = async () => (await fetch(`http://127.0.0.1:${one.port}/health/ready`)).status;
    expect(await ready()).toBe(200);
    const { versions } = system.readModels;
    const building = withNextVersion((await versions.read('timeline'))!, timeline.format + 1);
    expect(await versions.replace('timeline', building)).toBe(true);
    expect(await versions.replace('timeline', swapped(building, building.building!))).toBe(true);
    expect((await here.closed).reason).toContain('restart');
    await until('it is not ready', async () => (await ready()) === 503);
    await expect(system.room(one, 'u-ada')).rejects.toThrow('503');
    // One of the release that is to be served waits for the swap, as does the one that was there.
    const early = await system.startGateway({ isHindered: true });
    await until('it has looked', () => early.hub.hindrance !== null);
    const next = withNextVersion((await versions.read('timeline'))!, timeline.format);
    expect(await versions.replace('timeline', next)).toBe(true);
    expect(await versions.replace('timeline', swapped(next, next.building!))).toBe(true);
    for (const gateway of [early, one]) {
      await until('nothing hinders it', () => gateway.hub.hindrance === null);
      const back = await system.room(gateway, 'u-bob', { clanId: 'u' });
      back.ws.close();
    }
  });
});
