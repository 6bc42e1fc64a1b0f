import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RoleProcess } from '../apart/role-process.js';
import { startServersApart } from '../apart/servers-apart.js';
import { freePort } from '../../../standalone/src/servers/network.js';
import type { Drill, Stage } from './stage.js';
import { Talker } from './talk.js';

/** Longer than a consumer of read models in memory lives unasked, and than anybody counts as present. */
const ASLEEP_S = 50;
const GOES_ON_WITHIN_S = 5;

/** Suspends processes of ours for a while, and sees how soon what is said is told again. */
async function sleepAndWake(stage: Stage, what: string, processes: readonly RoleProcess[], talker: Talker) {
  const limit = 30;
  stage.check(`${what}: what is said is told`, (await talker.say(limit)) < limit);
  const signal = (name: NodeJS.Signals) => {
    for (const { pid } of processes) if (pid !== null) process.kill(pid, name);
  };
  stage.say(`${what}: SIGSTOP for ${ASLEEP_S} s`);
  signal('SIGSTOP');
  try {
    await sleep(ASLEEP_S * 1_000);
  } finally {
    stage.say('SIGCONT');
    signal('SIGCONT');
  }
  const seconds = await talker.say(limit);
  stage.check(
    `${what}: told again ${seconds.toFixed(1)} s after it woke, ${GOES_ON_WITHIN_S} at most`,
    seconds <= GOES_ON_WITHIN_S,
  );
  for (const role of processes) stage.check(`${what}: the ${role.role} is ready`, (await role.isReady()) === true);
  talker.close();
}

export const suspend: Drill = {
  about: `the processes sleep for ${ASLEEP_S} s, as under a laptop's lid: how soon they go on, in each kind of store`,
  limitSeconds: 300,
  async play(stage) {
    const { folder, cacheFolder, say } = stage;
    const servers = await startServersApart({ folder, fresh: false, cacheFolder, say });
    stage.atEnd(() => servers.close());
    const { secret, keysFile, nats } = servers;

    const main = fileURLToPath(new URL('memory-main.js', import.meta.url));
    const env = {
      ...{ NATS_URL: nats.url, JWT_SECRET: secret, KEYS_MASTER_FILE: keysFile },
      ...{ EVENT_STREAM: 'IN_MEMORY', SUBJECT_PREFIX: 'in-memory' },
    };
    const log = join(folder, 'logs', 'standalone.log');
    const standalone = new RoleProcess('standalone', await freePort(), env, log, main);
    stage.atEnd(() => standalone.kill());
    await standalone.start();
    const inMemory = new Talker(standalone.http.replace(/^http/, 'ws'), secret);
    await sleepAndWake(stage, 'read models in memory', [standalone], inMemory);
    await standalone.kill('SIGTERM');

    const roles = [await servers.start('projector'), await servers.start('gateway'), await servers.start('query')];
    const inMongodb = new Talker(roles[1]!.http.replace(/^http/, 'ws'), secret);
    await sleepAndWake(stage, 'read models in MongoDB', roles, inMongodb);
  },
};
