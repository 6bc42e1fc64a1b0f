import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { directRoom } from '#domain';
import { signDevelopmentToken } from '#platform';
import { IN_MAIL, type InMailNotice } from '#protocol';
import { CuttableProxy } from '../../../libs/event-store/test/cuttable-proxy.js';
import { MONGODB_URL, SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { ChatClient } from '../../gateway/test/chat-client.js';
import { freePort } from '../../standalone/src/servers/network.js';
import { RoleProcess } from '../src/apart/role-process.js';

const JWT_SECRET = 'a secret for tests, 32 bytes long';
const SECRET = 'a secret for the webhook, 32 bytes';
/** In the place of 30 s and 2 minutes; longer than a gateway itself takes to send an event again. */
const ACK_WAIT_MS = 1_000;
const DUPLICATE_WINDOW_MS = 6_000;

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly status: number | null;
}

(MONGODB_URL === undefined ? describe.skip : describe)('in-mail, of gateways that are processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-in-mail-'));
  const calls: Call[] = [];
  /** How the webhook answers; null for not at all. */
  let answer: number | null = 200;
  const webhook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      calls.push({ headers: request.headers, body, status: answer });
      if (answer === null) return;
      response.statusCode = answer;
      response.end();
    });
  });
  let system: SystemUnderTest;
  /** Between the first gateway and NATS. */
  let proxy: CuttableProxy;
  let gateways: [RoleProcess, RoleProcess];
  let ada: [ChatClient, ChatClient];
  let chatId: number;

  const talkTo = (gateway: RoleProcess) => {
    const token = signDevelopmentToken(JWT_SECRET, { userId: 1, name: 'Ada', seconds: 600 });
    return ChatClient.connect(`${gateway.http.replace(/^http/, 'ws')}/ws?userId=1&token=${token}`);
  };
  const say = (client: ChatClient, message: string, id?: string) => {
    client.send('create_message', { chat_id: chatId, receiver_id: 2, message }, id);
  };
  const told = () => calls.map(({ body, status }) => [(JSON.parse(body) as InMailNotice).message, status] as const);
  const taken = () => told().flatMap(([message, status]) => (status === 200 ? [message] : []));
  const wasTaken = (message: string) => until(`${message} is told`, () => taken().includes(message), 20_000);

  beforeAll(async () => {
    webhook.listen(0, '127.0.0.1');
    await once(webhook, 'listening');
    system = await SystemUnderTest.create();
    const { NATS_URL = '', EVENT_STREAM = '' } = system.env;
    proxy = await CuttableProxy.start(NATS_URL);
    (await system.log.share({ name: IN_MAIL, kind: 'msg' })).close();
    const nats = await connect({ servers: NATS_URL });
    const { streams, consumers } = await jetstreamManager(nats);
    await consumers.update(EVENT_STREAM, IN_MAIL, { ack_wait: nanos(ACK_WAIT_MS) });
    await streams.update(EVENT_STREAM, { duplicate_window: nanos(DUPLICATE_WINDOW_MS) });
    await nats.close();
    system.startBoth();
    const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
    Object.assign(system.env, { JWT_SECRET, INMAIL_WEBHOOK_URL: url, INMAIL_WEBHOOK_SECRET: SECRET });
    const gateway = async (number: number, servers: string) => {
      const env = { ...system.env, NATS_URL: servers, INMAIL_TRIES: '2' } as Record<string, string>;
      const log = join(folder, `${number}.log`);
      return new RoleProcess('gateway', await freePort(), env, log, 'dist/apps/gateway/src/main.js');
    };
    gateways = [await gateway(1, proxy.url), await gateway(2, NATS_URL)];
    await gateways[0].start();
    const client = await talkTo(gateways[0]);
    client.send('create_chat', { receiver_id: 2 });
    chatId = ((await client.next(20_000)).data as { id: number }).id;
    ada = [client, client];
  });

  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.kill()));
    webhook.closeAllConnections();
    webhook.close();
    await proxy.stop();
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells of a message by another gateway where the first is killed before it has told', async () => {
    answer = null;
    say(ada[0], 'killed');
    await until('it is under way', () => calls.length === 1);
    await gateways[0].kill();
    answer = 200;
    await gateways[1].start();
    await wasTaken('killed');
    expect(told()).toEqual([
      ['killed', null],
      ['killed', 200],
    ]);
    const [first, second] = calls;
    expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key']);
    await gateways[0].start();
    ada = [await talkTo(gateways[0]), await talkTo(gateways[1])];
  });

  it('tells of each message once, whichever of the gateways it came through, and signs it', async () => {
    calls.length = 0;
    for (let i = 0; i < 20; i++) say(ada[i % 2 === 0 ? 0 : 1], `m${i}`);
    await until('all are told', () => calls.length >= 20, 20_000);
    say(ada[0], 'last of them');
    await wasTaken('last of them');
    expect(new Set(taken()).size).toBe(21);
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(21);
    // A second time only what a gateway had in hand that did not get to run for as long as the server waits.
    expect(calls.length).toBeLessThan(30);
    for (const { headers, body } of calls) {
      const [, t, v1] = /^t=(\d+),v1=(\w+)$/.exec(String(headers['parley-signature']))!;
      expect(createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex')).toBe(v1);
    }
  });

  it('tells once of a message whose answer was lost, and that was sent again when the log had forgotten it', async () => {
    calls.length = 0;
    proxy.loseAnswers();
    say(ada[0], 'unknown', 'c1');
    await wasTaken('unknown');
    proxy.cut();
    proxy.mend();
    const before = await system.log.lastSeq({ kind: 'msg' });
    await new Promise((resolve) => setTimeout(resolve, DUPLICATE_WINDOW_MS + 500));
    say(ada[1], 'unknown', 'c1');
    await until('it is in the log again', async () => (await system.log.lastSeq({ kind: 'msg' })) > before);
    say(ada[1], 'after it');
    await wasTaken('after it');
    // What was in the hands of the gateway that was cut off comes again after that time.
    await new Promise((resolve) => setTimeout(resolve, 2 * ACK_WAIT_MS));
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
    expect(taken().filter((message) => message === 'unknown')).toHaveLength(1);
  });

  it('leaves a dead letter where the webhook fails, which is listed, and sent again by an operator', async () => {
    calls.length = 0;
    answer = 500;
    say(ada[1], 'refused');
    await until('it is given up', () => calls.length === 2);
    const letters = async () => (await system.chatctl('dead-letters', 'list')).out;
    await until('it is a dead letter', async () => (await letters()) !== '');
    expect(await letters()).toMatch(/^inmail \d+ \d+ {2}\S+ {2}MessageCreated {2}it answered 500\n$/);
    // That it is done with is told to the server once it is one.
    await until('it waits no more', async () =>
      (await system.chatctl('status')).out.includes('in-mail webhook: 0 messages wait, 1 dead letters\n'),
    );
    const failed = await system.chatctl('webhook', 'resend');
    expect([failed.status, failed.out]).toEqual([1, '0 notices are sent, 1 are left\n']);
    answer = 200;
    const sent = await system.chatctl('webhook', 'resend', '--json');
    expect([sent.status, JSON.parse(sent.out)]).toEqual([0, { sent: 1, left: 0 }]);
    expect(await letters()).toBe('');
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    const notices = calls.map(({ body }) => JSON.parse(body) as InMailNotice);
    for (const notice of notices) expect(notice).toEqual(notices[0]);
    expect(notices[0]!.chat_id).toBe((await system.log.last(directRoom('1', '2'), 'chat'))!.seq);
  });

  it('sends nothing again of whom its receiver blocked when it was said, or blocks by now', async () => {
    const [room, fact] = [directRoom('1', '2'), { at: new Date().toISOString(), by: '2' }];
    const block = (key: string, type: 'PersonBlocked' | 'PersonUnblocked') => {
      const blockers = type === 'PersonBlocked' ? ['2'] : [];
      return system.log.append({ type, room, id: `block.${key.padStart(24, '0')}`, ...fact, blockers });
    };
    answer = 500;
    calls.length = 0;
    say(ada[1], 'before the block');
    await until('it is given up', () => calls.length === 2);
    await until('it is a dead letter', async () => (await system.chatctl('dead-letters', 'list')).out !== '');
    answer = 200;
    await block('1', 'PersonBlocked');
    await system.chatctl('webhook', 'resend');
    const seq = await system.log.lastSeq({ room, kind: 'msg' });
    expect([calls.length, (await system.chatctl('dead-letters', 'list')).out]).toEqual([2, '']);
    say(ada[1], 'behind the block');
    await until('it is in the log', async () => (await system.log.lastSeq({ room, kind: 'msg' })) > seq);
    await block('2', 'PersonUnblocked');
    const { partition, seq: hidden } = (await system.log.recordAt(await system.log.lastSeq({ room, kind: 'msg' })))!;
    await system.log.letters.put({ projection: IN_MAIL, partition, seq: hidden, reason: 'for the test' });
    await system.chatctl('webhook', 'resend');
    expect([calls.length, (await system.chatctl('dead-letters', 'list')).out]).toEqual([2, '']);
  });

  it('is removed by an operator once no gateway tells', async () => {
    await Promise.all(gateways.map((gateway) => gateway.kill('SIGTERM')));
    expect(await system.chatctl('webhook', 'remove')).toMatchObject({ status: 2, out: '' });
    expect((await system.log.consumers()).map(({ name }) => name)).toContain(IN_MAIL);
    expect((await system.chatctl('webhook', 'remove', '--yes')).status).toBe(0);
    await until('it is gone', async () => (await system.log.consumers()).every(({ name }) => name !== IN_MAIL));
  });
});
