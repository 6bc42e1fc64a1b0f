import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pTimeout from 'p-timeout';
import { signDevelopmentToken } from '#platform';
import { freePort } from '../../../standalone/src/servers/network.js';
import { chatctl } from '../apart/chatctl.js';
import { Prometheus } from '../apart/prometheus.js';
import type { RoleProcess } from '../apart/role-process.js';
import { type ServersApart, startServersApart } from '../apart/servers-apart.js';
import { RoomWatch } from './room-watch.js';
import type { Drill, Stage } from './stage.js';

const PEOPLE = 20;
/** Shorter than the ping of 25 s, as of a proxy that takes silence for an end. */
const IDLE_MS = 3_000;
/** People who only listen. */
const NEVER_MS = 1_000_000_000;
/** What is drawn over it has been scraped some times. */
const SEEN_MS = 15_000;
const TOLD_WITHIN_MS = 60_000;
const SECRET = 'a secret for the webhook, 32 bytes';

interface Scene {
  readonly stage: Stage;
  readonly servers: ServersApart;
  readonly prometheus: Prometheus;
  readonly gateway: RoleProcess;
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What stands before a gateway, and cuts whom it has heard nothing of for a while. */
async function impatientProxy(stage: Stage, { http }: RoleProcess): Promise<string> {
  const port = Number(new URL(http).port);
  const proxy = createTcpServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
    client.setTimeout(IDLE_MS, () => client.destroy());
  });
  const address = await listening(proxy);
  stage.atEnd(() => proxy.close());
  return `ws://${address}`;
}

/** How many were closed for each reason in the last seconds, as the dashboard draws them. */
async function ended({ prometheus }: Scene): Promise<Record<string, number>> {
  const reasons = ['client', 'broken', 'silent', 'slow_reader', 'restart'];
  const counts = await Promise.all(
    reasons.map(async (reason) => {
      const query = `sum(increase(parley_gateway_closed_sockets_total{reason="${reason}"}[${SEEN_MS / 1_000}s]))`;
      return [reason, Math.round((await prometheus.value(query)) ?? 0)] as const;
    }),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const YOUNG = `sum(time() - process_start_time_seconds{role="gateway"} < bool ${SEEN_MS / 1_000})`;

async function thrownOut(scene: Scene): Promise<void> {
  const { stage, servers, prometheus, gateway } = scene;
  const people = (address: string): RoomWatch[] =>
    Array.from({ length: PEOPLE }, (_, i) => new RoomWatch(String(i + 1), [address], servers.secret, NEVER_MS));
  stage.say('people who only listen, behind a proxy that drops who is silent for 3 s');
  const behindProxy = people(await impatientProxy(stage, gateway));
  for (const person of behindProxy) person.start();
  await sleep(SEEN_MS);
  const dropped = await ended(scene);
  stage.check(`"Ended" shows: ${JSON.stringify(dropped)}`, Object.keys(dropped).join() === 'broken');
  for (const person of behindProxy) person.stop();

  const direct = people(gateway.http.replace(/^http/, 'ws'));
  for (const person of direct) person.start();
  stage.atEnd(() => {
    for (const person of direct) person.stop();
  });
  await sleep(SEEN_MS + 5_000);
  const quiet = await ended(scene);
  stage.check(`without that proxy it shows: ${JSON.stringify(quiet)}`, Object.keys(quiet).length === 0);

  for (const [signal, what] of [
    ['SIGKILL', 'killed'],
    ['SIGTERM', 'replaced'],
  ] as const) {
    stage.say(`the gateway is ${what}`);
    await gateway.kill(signal);
    await gateway.start();
    await sleep(SEEN_MS / 3);
    const young = (await prometheus.value(YOUNG)) ?? 0;
    stage.check(`"Started lately" shows ${young}; "Ended": ${JSON.stringify(await ended(scene))}`, young === 1);
    await sleep(SEEN_MS);
    const later = (await prometheus.value(YOUNG)) ?? 0;
    stage.check(`"Started lately" shows ${later} after a while`, later === 0);
  }
}

/** Somebody writes to somebody who is not there. */
async function write({ servers }: Scene, gateway: RoleProcess): Promise<void> {
  const token = signDevelopmentToken(servers.secret, { userId: 1, name: 'Ada', seconds: 600 });
  const socket = new WebSocket(`${gateway.http.replace(/^http/, 'ws')}/ws?userId=1&token=${token}`);
  await once(socket, 'open');
  const send = (event: string, data: object): void => {
    socket.send(JSON.stringify({ event, data }));
  };
  const created = once(socket, 'message') as Promise<[MessageEvent<string>]>;
  send('create_chat', { receiver_id: 2 });
  const [{ data }] = await created;
  const { id } = (JSON.parse(data) as { data: { id: number } }).data;
  const told = once(socket, 'message');
  send('create_message', { chat_id: id, receiver_id: 2, message: 'are you there?' });
  await told;
  socket.close();
}

async function webhookHearsNothing(scene: Scene): Promise<void> {
  const { stage, servers } = scene;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/in-mail`;
  stage.say('a gateway tells a webhook that is not there');
  const gateway = await servers.start('gateway', { INMAIL_WEBHOOK_URL: url, INMAIL_WEBHOOK_SECRET: SECRET });
  const on = { nats: servers.nats.url, mongodb: servers.mongodb.url, keysFile: servers.keysFile };
  const test = async (): Promise<string> => {
    const { status, out } = await chatctl(on, 'webhook', 'test', url, '--secret', SECRET);
    return `${status}, ${out.trim().replaceAll(/\s+/g, ' ')}`;
  };
  const waiting = async (): Promise<string> => {
    const { out } = await chatctl(on, 'status');
    return /in-mail webhook: [^\n]*/.exec(out)?.[0] ?? 'nothing of a webhook';
  };
  await write(scene, gateway);
  await sleep(2_000);
  const [away, waits] = [await test(), await waiting()];
  stage.check(`\`chatctl webhook test\` ends with ${away}`, /^1,.*ECONNREFUSED/.test(away));
  stage.check(`\`chatctl status\`: ${waits}`, /: 1 message/.test(waits));

  stage.say('it is there, and refuses');
  const calls: number[] = [];
  let answer = 401;
  let taken: () => void;
  const heard = new Promise<void>((resolve) => (taken = resolve));
  const webhook = createServer((request, response) => {
    request.resume().on('end', () => {
      calls.push(answer);
      response.writeHead(answer).end();
      if (answer === 200) taken();
    });
  });
  webhook.listen(port, '127.0.0.1');
  await once(webhook, 'listening');
  stage.atEnd(() => webhook.close());
  const refused = await test();
  stage.check(`\`chatctl webhook test\` ends with ${refused}`, /^1,.*401/.test(refused));
  answer = 200;
  await pTimeout(heard, { milliseconds: TOLD_WITHIN_MS, fallback: () => undefined });
  stage.check(`once it takes them it is told, after ${calls.length - 1} refusals`, calls.includes(200));
  const good = await test();
  stage.check(`\`chatctl webhook test\` ends with ${good}`, good.startsWith('0,'));
  await sleep(2_000);
  stage.check(`\`chatctl status\`: ${await waiting()}`, /: 0 messages/.test(await waiting()));
}

export const complaints: Drill = {
  about: 'what causes two complaints: people are thrown out again and again; the webhook hears nothing',
  limitSeconds: 600,
  async play(stage) {
    const { folder, cacheFolder, say } = stage;
    const servers = await startServersApart({ folder: join(folder, 'system'), fresh: true, cacheFolder, say });
    stage.atEnd(() => servers.close());
    const port = await freePort();
    await servers.start('projector');
    const gateway = await servers.start('gateway', { METRICS_PORT: String(port) });
    const targets = [{ role: 'gateway', port }] as const;
    const prometheus = await Prometheus.start({ folder: join(folder, 'prometheus'), targets, speed: 20 });
    stage.atEnd(() => prometheus.stop());
    const scene: Scene = { stage, servers, prometheus, gateway };
    await thrownOut(scene);
    await webhookHearsNothing(scene);
  },
};
