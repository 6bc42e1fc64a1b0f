import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { signDevelopmentToken } from '#platform';
import { MONGODB_URL, SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { ChatClient } from '../../gateway/test/chat-client.js';
import { freePort } from '../../standalone/src/servers/network.js';
import { type RoleName, RoleProcess } from '../src/apart/role-process.js';
import { Collector, type ReceivedSpan } from '../../../libs/tracing/test/collector.js';

const JWT_SECRET = 'a secret for tests, 32 bytes long';
const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const LATE = 20_000;

/** The step of a client that begins a trace. */
const begin = (flags = '01') => {
  const [trace, span] = [hex(16), hex(8)];
  return { trace, span, traceparent: `00-${trace}-${span}-${flags}` };
};

/** Has a process say what of OpenTelemetry it loads. */
const TELLS_LOADED =
  "--import=data:text/javascript,import{registerHooks}from'node:module';registerHooks({load:(url,context,next)=>" +
  "{if(url.includes('/@opentelemetry/'))console.error('loaded',url.slice(url.indexOf('@opentelemetry')));" +
  'return(next)(url,context)}})';

/** What a trace must hold of people: nothing. */
const PEOPLE = { clan: 'xyzzy-clan', name: 'Xyzzy Ada', text: 'xyzzy, said in private', ids: [907_001, 907_002] };

(MONGODB_URL === undefined ? describe.skip : describe)('traces', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-traces-'));
  const started: RoleProcess[] = [];
  const clients: ChatClient[] = [];
  let system: SystemUnderTest;
  let collector: Collector;
  let [one, two, query]: RoleProcess[] = [];

  const run = async (role: RoleName, env: Record<string, string> = {}): Promise<RoleProcess> => {
    const common = { ...system.env, JWT_SECRET, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } as Record<string, string>;
    // So it is the clients alone who say what is traced.
    const sampled = { OTEL_TRACES_SAMPLER: 'parentbased_always_off' };
    const log = join(folder, `${role}-${started.length}.log`);
    const main = `dist/apps/${role}/src/main.js`;
    const process = new RoleProcess(role, await freePort(), { ...common, ...sampled, ...env }, log, main);
    started.push(process);
    await process.start();
    return process;
  };
  const connect = async (gateway: RoleProcess, userId: number, path = '/ws/chat') => {
    const who = { userId, name: PEOPLE.name, clanId: PEOPLE.clan, seconds: 600 };
    const token = signDevelopmentToken(JWT_SECRET, who);
    const client = await ChatClient.connect(
      `${gateway.http.replace(/^http/, 'ws')}${path}?userId=${userId}&token=${token}`,
    );
    clients.push(client);
    return client;
  };
  const say = (client: ChatClient, traceparent: unknown, id?: string, content = PEOPLE.text) => {
    client.sendRaw(JSON.stringify({ event: 'clanMessage', data: { content }, id, traceparent }));
  };
  /** The only span of a name in a trace; fails where there is none, or more. */
  const only = (trace: string, name: string): ReceivedSpan => {
    const [found, ...more] = collector.of(trace).filter((span) => span.name === name);
    if (!found || more.length > 0) throw new Error(`${name}: ${more.length + Number(found !== undefined)} in ${trace}`);
    return found;
  };
  const publish = () => `publish ${system.env['EVENT_STREAM']}`;
  const followed = (trace: string, count: number) =>
    until(`${count} steps are traced`, () => collector.of(trace).length >= count, LATE);
  /** Whether a trace is one message's way, to so many gateways. */
  const expectWay = (trace: string, from: string, command: string, projection: string) => {
    const [received, stored, folded] = [command, publish(), `fold ${projection}`].map((name) => only(trace, name));
    expect([received!.parent, stored!.parent, folded!.parent]).toEqual([from, received!.id, stored!.id]);
    return { received: received!, stored: stored!, folded: folded!, told: only(trace, 'publish live') };
  };

  beforeAll(async () => {
    collector = await Collector.start();
    system = await SystemUnderTest.create(undefined, true);
    await run('projector');
    [one, two, query] = [await run('gateway'), await run('gateway'), await run('query')];
  }, 120_000);
  afterEach(async () => {
    for (const { ws } of clients) ws.terminate();
    await Promise.all(clients.splice(0).map(({ closed }) => closed));
  });
  afterAll(async () => {
    await Promise.all(started.map((role) => role.kill()));
    await system.close();
    await collector.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('show the way of one message, from its frame to each gateway that tells of it', async () => {
    const [ada, bob] = [await connect(one!, PEOPLE.ids[0]!), await connect(two!, PEOPLE.ids[1]!)];
    const { trace, span, traceparent } = begin();
    say(ada, traceparent, 'c-1');
    await until('it is told', () => bob.frames.length === 1 && ada.frames.length === 2);
    await followed(trace, 6);
    const { received, stored, folded, told } = expectWay(trace, span, 'clanMessage', 'timeline');
    expect(told.parent).toBe(folded.id);
    const delivered = collector.of(trace).filter(({ name }) => name === 'deliver');
    expect(delivered.map(({ parent }) => parent)).toEqual([told.id, told.id]);
    expect(collector.of(trace)).toHaveLength(6);
    const seen = [received, stored, folded, told, ...delivered];
    expect(seen.map(({ kind, service }) => `${service} ${kind}`)).toEqual([
      'parley-gateway server',
      'parley-gateway producer',
      'parley-projector consumer',
      'parley-projector producer',
      'parley-gateway consumer',
      'parley-gateway consumer',
    ]);
    // Both gateways are called the same, and can be told apart.
    expect(new Set(delivered.map(({ instance }) => instance)).size).toBe(2);
    expect(delivered.map(({ instance }) => instance)).toContain(received.instance);
    expect(received.facts).toEqual({ 'parley.endpoint': '/ws/chat', 'parley.frame.outcome': 'accepted' });
    expect(stored.facts).toMatchObject({ 'parley.append.outcome': 'stored', 'parley.event.type': 'MessageCreated' });
    const seq = stored.facts['parley.log.sequence'] as number;
    expect(folded.facts).toMatchObject({ 'parley.log.sequence': seq, 'messaging.consumer.group.name': 'timeline' });
    expect((await system.log.recordAt(seq))?.traceparent).toBe(`00-${trace}-${stored.id}-01`);
    // Others see nothing of it.
    expect(JSON.stringify([...ada.frames, ...bob.frames])).not.toContain(trace);
  });

  it('are apart for each of many that are stored, folded and told together, and of those alone that are sampled', async () => {
    const ada = await connect(one!, PEOPLE.ids[0]!);
    const traces = Array.from({ length: 120 }, (_, i) => ({ ...begin(i % 3 === 0 ? '01' : '00'), i }));
    const [sampled, others] = [traces.filter(({ i }) => i % 3 === 0), traces.filter(({ i }) => i % 3 !== 0)];
    for (const { traceparent, i } of traces) say(ada, i % 3 === 1 ? undefined : traceparent, `many-${i}`);
    await until('all is told', () => ada.frames.length >= 2 * traces.length);
    await until('all is traced', () => sampled.every(({ trace }) => collector.of(trace).length >= 5), LATE);
    for (const { trace, span } of sampled) {
      const { folded, told } = expectWay(trace, span, 'clanMessage', 'timeline');
      expect([told.parent, only(trace, 'deliver').parent]).toEqual([folded.id, told.id]);
      expect(collector.of(trace)).toHaveLength(5);
    }
    const counts = sampled.map(({ trace }) => only(trace, 'fold timeline').facts['messaging.batch.message_count']);
    expect(Math.max(...(counts as number[]))).toBeGreaterThan(1);
    expect(others.flatMap(({ trace }) => collector.of(trace))).toEqual([]);
    const spans = new Set(sampled.map(({ trace }) => trace));
    let kept = 0;
    for await (const { traceparent } of system.log.read()) if (spans.has(traceparent?.slice(3, 35) ?? '')) kept++;
    expect(kept).toBe(sampled.length);
  });

  it('do nothing with what is no traceparent, and nothing to its frame', async () => {
    const ada = await connect(one!, PEOPLE.ids[0]!);
    const { trace, span } = begin();
    const none = [
      `00-${trace}-${span}`,
      `00-${trace.toUpperCase()}-${span}-01`,
      `00-${'0'.repeat(32)}-${span}-01`,
      `00-${trace}-${span}-01-more`,
      `ff-${trace}-${span}-01`,
      '0'.repeat(60_000),
      7,
      { trace },
      null,
    ];
    const before = collector.spans.length;
    for (const [i, traceparent] of none.entries()) say(ada, traceparent, `none-${i}`);
    await until('all is told', () => ada.frames.length === 2 * none.length);
    expect(ada.frames.filter(({ event }) => event === 'ack')).toHaveLength(none.length);
    const { trace: later, traceparent } = begin();
    say(ada, traceparent, 'later');
    await followed(later, 5);
    expect(collector.spans.slice(before).every((each) => each.trace === later)).toBe(true);
  });

  it('show that what is sent again is there already, and leave it as it is', async () => {
    const ada = await connect(one!, PEOPLE.ids[0]!);
    const [first, again] = [begin(), begin()];
    say(ada, first.traceparent, 'twice');
    await until('it is told', () => ada.frames.length === 2);
    say(ada, again.traceparent, 'twice');
    await until('it is acknowledged', () => ada.frames.length === 3);
    expect(ada.frames[2]).toEqual(ada.frames.find(({ event }) => event === 'ack'));
    await Promise.all([followed(first.trace, 5), followed(again.trace, 2)]);
    expect(only(again.trace, publish()).facts).toMatchObject({
      'parley.append.outcome': 'duplicate',
      'parley.log.sequence': only(first.trace, publish()).facts['parley.log.sequence'],
    });
    expect(collector.of(again.trace)).toHaveLength(2);
  });

  it('show direct messages, what is refused, and what an application tells over HTTP', async () => {
    const [ada, bob] = [await connect(one!, PEOPLE.ids[0]!, '/ws'), await connect(two!, PEOPLE.ids[1]!, '/ws')];
    ada.send('create_chat', { receiver_id: PEOPLE.ids[1] });
    const { data } = await ada.next();
    const { id: chat_id } = data as { readonly id: number };
    const [direct, refused, put] = [begin(), begin(), begin()];
    const message = { chat_id, receiver_id: PEOPLE.ids[1], message: PEOPLE.text };
    // What is new to a connection it reads, and is told of nothing.
    ada.send('create_message', message);
    await until('it is told', () => bob.frames.length === 1 && ada.frames.length === 2);
    ada.sendRaw(JSON.stringify({ event: 'create_message', data: message, traceparent: direct.traceparent }));
    await until('it is told', () => bob.frames.length === 2);
    ada.sendRaw(JSON.stringify({ event: 'create_message', data: {}, traceparent: refused.traceparent }));
    const token = signDevelopmentToken(JWT_SECRET, { userId: 'app', scope: 'service', seconds: 600 });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${query!.http}/players/${PEOPLE.ids[0]}`, {
      method: 'PUT',
      headers: { ...headers, traceparent: put.traceparent },
      body: JSON.stringify({ name: 'Xyzzy Ada the Second', avatar: null }),
    });
    expect(answer.ok).toBe(true);
    await Promise.all([followed(direct.trace, 6), followed(refused.trace, 1), followed(put.trace, 4)]);
    expectWay(direct.trace, direct.span, 'create_message', 'timeline');
    const told = only(direct.trace, 'publish live').id;
    const delivered = collector.of(direct.trace).filter(({ name }) => name === 'deliver');
    expect(delivered.map(({ parent }) => parent)).toEqual([told, told]);
    expect(collector.of(refused.trace)).toMatchObject([
      { name: 'create_message', parent: refused.span, facts: { 'parley.frame.outcome': 'refused' }, failed: false },
    ]);
    const { received } = expectWay(put.trace, put.span, 'PUT /players/:id', 'directory');
    expect(received).toMatchObject({ service: 'parley-query', kind: 'server' });
    expect(received.facts['http.response.status_code']).toBe(answer.status);
  });

  it('say nothing of people, and have no room', () => {
    for (const said of [PEOPLE.clan, 'Xyzzy', 'xyzzy', ...PEOPLE.ids.map(String), 'traceparent']) {
      expect(collector.text).not.toContain(said);
    }
  });

  it('have what was traced up to the end of a role', async () => {
    const ada = await connect(two!, PEOPLE.ids[0]!);
    const { trace, traceparent } = begin();
    say(ada, traceparent, 'the last');
    await until('it is told', () => ada.frames.length === 2);
    await two!.kill('SIGTERM');
    expect([only(trace, 'clanMessage').service, only(trace, publish()).service]).toEqual(
      Array(2).fill('parley-gateway'),
    );
  });

  it('may be lost: then everything else goes on, and the log says it once a minute', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
    };
    const gateway = await run('gateway', env);
    const ada = await connect(gateway, PEOPLE.ids[0]!);
    for (let i = 0; i < 3; i++) {
      say(ada, begin().traceparent, `lost-${i}`);
      await until('it is acknowledged', () => ada.frames.length === 2 * (i + 1));
      await new Promise((resolve) => setTimeout(resolve, 5_500));
    }
    await gateway.kill('SIGTERM');
    const lines = readFileSync(join(folder, `gateway-${started.length - 1}.log`), 'utf8').split('\n');
    expect(lines.filter((line) => line.includes('spans were not handed to'))).toHaveLength(1);
    expect(lines.filter((line) => /error/i.test(line) && !line.includes('spans were not'))).toEqual([]);
  });

  it('are none where no endpoint is set, and nothing of them is loaded', async () => {
    const gateway = await run('gateway', { OTEL_EXPORTER_OTLP_ENDPOINT: '', NODE_OPTIONS: TELLS_LOADED });
    const ada = await connect(gateway, PEOPLE.ids[0]!);
    const { trace, traceparent } = begin();
    say(ada, traceparent, 'untraced');
    await until('it is told', () => ada.frames.length === 2);
    for await (const record of system.log.read()) expect(record.traceparent ?? '').not.toContain(trace);
    const loaded = readFileSync(join(folder, `gateway-${started.length - 1}.log`), 'utf8');
    expect(loaded).toContain('loaded @opentelemetry/api/');
    expect(loaded).not.toContain('loaded @opentelemetry/sdk-trace/');
    expect(collector.of(trace)).toEqual([]);
  });
});
