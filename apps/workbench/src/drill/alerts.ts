import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, headers } from '@nats-io/transport-node';
import { GLOBAL_ROOM, partitionOf } from '#domain';
import { signDevelopmentToken } from '#platform';
import { freePort } from '../../../standalone/src/servers/network.js';
import { startNats } from '../../../standalone/src/servers/nats-server.js';
import type { RunningServer } from '../../../standalone/src/servers/process.js';
import { Prometheus } from '../apart/prometheus.js';
import type { RoleName, RoleProcess } from '../apart/role-process.js';
import { type ServersApart, startServersApart } from '../apart/servers-apart.js';
import { askInVain, pageTime } from './refused-requests.js';
import { RoomWatch } from './room-watch.js';
import type { Drill, Stage } from './stage.js';

/** Five minutes of the rules are fifteen seconds here. */
const SPEED = 20;
const FIRES_WITHIN_S = 90;
const ENDS_WITHIN_S = 60;
/** Longer than what is looked at by alerts of something that is missing. */
const WELL_MS = 20_000;
/** Of each turn NATS answers for a moment: an event waits for up to as long as it does not. */
const [SILENT_MS, ANSWERS_MS] = [1_500, 100];
/** Few are enough: what one says and waits, behind what they said before, counts with what it waited. */
const PEOPLE = 4;
const SAYS_EVERY_MS = 200;
/** A user of NATS as one of an older release: what its metrics ask for is refused. */
const USERS = [
  'authorization {',
  '  users: [',
  '    { user: parley, password: parley }',
  '    { user: older, password: older, permissions: { publish: { deny: ["$JS.API.STREAM.INFO.EVENTS_DEAD"] } } }',
  '  ]',
  '}',
  'no_auth_user: parley',
];

interface Scene {
  readonly stage: Stage;
  readonly nats: RunningServer;
  readonly servers: ServersApart;
  readonly prometheus: Prometheus;
  /** Starts a role where Prometheus looks for it. */
  readonly start: (role: RoleName, env?: Readonly<Record<string, string>>) => Promise<RoleProcess>;
  readonly projector: RoleProcess;
  query: RoleProcess;
}

async function checkFires({ stage, prometheus }: Scene, alert: string, by: string): Promise<void> {
  const seconds = await prometheus.until(alert, true, FIRES_WITHIN_S);
  stage.check(`${by}: ${alert} fires, ${seconds?.toFixed(0) ?? 'not'} s later`, seconds !== null);
}

async function checkEnds({ stage, prometheus }: Scene, alert: string, by: string): Promise<void> {
  const seconds = await prometheus.until(alert, false, ENDS_WITHIN_S);
  stage.check(`${by}: ${alert} ends, ${seconds?.toFixed(0) ?? 'not'} s later`, seconds !== null);
}

/** Of what took its time in the last seconds, the slowest hundredth, as the dashboards draw it. */
const slowest = (metric: string, role: RoleName): string =>
  `histogram_quantile(0.99, sum by (le) (rate(${metric}_bucket{role="${role}"}[15s])))`;

/** NATS answers now and then only, as by a disk that is slow to sync. */
async function slowDisk(scene: Scene): Promise<void> {
  const { stage, nats, prometheus } = scene;
  stage.say('NATS answers for a moment every 1.6 s');
  const over = new AbortController();
  const turns = (async () => {
    while (!over.signal.aborted) {
      process.kill(nats.pid, 'SIGSTOP');
      try {
        await sleep(SILENT_MS);
      } finally {
        process.kill(nats.pid, 'SIGCONT');
      }
      await sleep(ANSWERS_MS);
    }
  })();
  try {
    await checkFires(scene, 'ParleyCommandsSlow critical', 'events are slow to be stored');
    const log = await prometheus.value(slowest('parley_log_append_duration_seconds', 'gateway'));
    const database = await prometheus.value(slowest('parley_mongodb_operation_duration_seconds', 'gateway'));
    stage.check(`"Until an event is known" shows it: ${log?.toFixed(2)} s`, (log ?? 0) > 0.5);
    stage.check(
      `"An operation" of MongoDB does not: ${database?.toFixed(3) ?? 'none'}`,
      database === null || database < 0.5,
    );
  } finally {
    over.abort();
    await turns;
  }
  await checkEnds(scene, 'ParleyCommandsSlow critical', 'the disk is quick again');
}

const LAG_UNKNOWN = 'ParleyLagUnknown warning';

/** Nobody says how far the read models are: NATS refuses what the query side asks, then does not answer. */
async function unknownLag(scene: Scene): Promise<void> {
  const { stage, nats } = scene;
  stage.say('the query side with a user of NATS that an older release had');
  await scene.query.kill('SIGTERM');
  const { query: whole } = scene;
  scene.query = await scene.start('query', { NATS_USER: 'older', NATS_PASSWORD: 'older' });
  await checkFires(scene, LAG_UNKNOWN, 'a right is missing');
  // A process that is ended says the like, of connections that are closed.
  const line = said(
    stage,
    'query',
    /how far the read models are behind is not known: [^"]*Permissions Violation[^"\\]*/i,
  );
  stage.check(`the query side's log: ${line}`, line !== null);
  await scene.query.kill('SIGTERM');
  await whole.start();
  scene.query = whole;
  await checkEnds(scene, LAG_UNKNOWN, 'with the right');
  stage.say('NATS is suspended');
  process.kill(nats.pid, 'SIGSTOP');
  try {
    await checkFires(scene, LAG_UNKNOWN, 'NATS does not answer');
  } finally {
    process.kill(nats.pid, 'SIGCONT');
  }
  await checkEnds(scene, LAG_UNKNOWN, 'NATS answers');
}

/** The first that a role said of it, whichever process of it. */
function said({ folder }: Stage, role: RoleName, words: RegExp): string | null {
  const logs = join(folder, 'system', 'logs');
  const text = readdirSync(logs)
    .filter((name) => name.startsWith(role))
    .map((name) => readFileSync(join(logs, name), 'utf8'))
    .join('\n');
  return words.exec(text)?.[0] ?? null;
}

/** A process of the query side has more than it can do; another one is as quick as ever. */
async function fullProcess(scene: Scene): Promise<void> {
  const { stage, prometheus, servers, query } = scene;
  const token = signDevelopmentToken(servers.secret, { userId: '7', name: 'Ada', clanId: '1', seconds: 3_600 });
  stage.say('somebody whom the query side refuses asks as fast as they are answered');
  const asking = askInVain(query.http);
  try {
    await checkFires(scene, 'ParleyProcessSaturated warning', 'a process has more than it can do');
    const share = (await prometheus.value('rate(process_cpu_seconds_total{role="query"}[15s])')) ?? 0;
    stage.check(`"Processor" shows it: ${share.toFixed(2)}`, share > 0.9);
    const other = await servers.start('query');
    const [full, free] = [await pageTime(query.http, token), await pageTime(other.http, token)];
    stage.check(`a page of history: ${full} ms of it, ${free} ms of another one beside it`, free < full);
    await other.kill('SIGTERM');
  } finally {
    asking.stop();
  }
  stage.figure(`${asking.answers} requests were refused`);
  await checkEnds(scene, 'ParleyProcessSaturated warning', 'nobody asks');
}

const NEWER = 'ParleyNewerRelease critical';

/** The log has an event that only a newer release can read; that release never comes. */
async function newerEvent(scene: Scene): Promise<void> {
  const { stage, nats, projector } = scene;
  stage.say('an event of a newer release');
  const connection = await connect({ servers: nats.url });
  const fields = headers();
  fields.set('Nats-Msg-Id', 'global/msg.newer');
  fields.set('Parley-Type', 'MessageCreated');
  fields.set('Parley-Version', '99');
  await connection.request(`chat.ev.${partitionOf(GLOBAL_ROOM)}.global.msg`, '{"said":"otherwise"}', {
    headers: fields,
    timeout: 5_000,
  });
  await connection.close();
  await checkFires(scene, NEWER, 'a partition waits for a newer release');
  const answer = await fetch(`${projector.http}/health/ready`);
  const text = await answer.text();
  stage.check(`the projector says what it waits for: ${answer.status}`, /MessageCreated version 99/.test(text));
  await projector.kill('SIGTERM');
  await scene.start('projector', { NEWER_EVENTS: 'dead-letters' });
  await checkEnds(scene, NEWER, 'a projector sets it aside');
}

export const alerts: Drill = {
  about: `what causes four alerts, with Prometheus and the rules, in which time runs ${SPEED} times as fast`,
  limitSeconds: 900,
  async play(stage) {
    const { folder, cacheFolder, say } = stage;
    const dataDir = join(folder, 'nats');
    const nats = await startNats({ cacheDir: cacheFolder, dataDir, log: say, more: USERS });
    stage.atEnd(() => nats.stop());
    const servers = await startServersApart({ folder: join(folder, 'system'), fresh: true, cacheFolder, nats, say });
    stage.atEnd(() => servers.close());
    const targets = await Promise.all(
      (['projector', 'gateway', 'query'] as const).map(async (role) => ({ role, port: await freePort() })),
    );
    const start: Scene['start'] = (role, more = {}) =>
      servers.start(role, { METRICS_PORT: String(targets.find((target) => target.role === role)!.port), ...more });
    const [projector, gateway, query] = [await start('projector'), await start('gateway'), await start('query')];
    const prometheus = await Prometheus.start({ folder: join(folder, 'prometheus'), targets, speed: SPEED });
    stage.atEnd(() => prometheus.stop());
    const people = Array.from(
      { length: PEOPLE },
      (_, i) => new RoomWatch(String(i + 1), [gateway.http.replace(/^http/, 'ws')], servers.secret, SAYS_EVERY_MS),
    );
    for (const person of people) person.start();
    stage.atEnd(() => {
      for (const person of people) person.stop();
    });
    say('all is well for a while');
    await sleep(WELL_MS);
    const first = [...(await prometheus.firing())];
    stage.check(`while all is well nothing fires: ${first.join(', ') || 'nothing'}`, first.length === 0);
    const scene: Scene = { stage, nats, servers, prometheus, start, projector, query };
    await slowDisk(scene);
    await unknownLag(scene);
    await fullProcess(scene);
    await newerEvent(scene);
  },
};
