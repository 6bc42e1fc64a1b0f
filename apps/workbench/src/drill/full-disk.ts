import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signDevelopmentToken } from '#platform';
import type { RoleProcess } from '../apart/role-process.js';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { startNats, type StartNatsOptions } from '../../../standalone/src/servers/nats-server.js';
import { freePort } from '../../../standalone/src/servers/network.js';
import type { RunningServer } from '../../../standalone/src/servers/process.js';
import { untilReadiness, upgrade } from './readiness.js';
import type { Drill, Stage } from './stage.js';
import { Talker } from './talk.js';

const DISK_MB = 48;
const NOTICED_WITHIN_S = 10;
const BACK_WITHIN_S = 10;
const WATCHED_MS = 10_000;

/** A disk of its own for NATS, small enough to be filled. */
class SmallDisk {
  private readonly filler: string;

  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'parley-drill', folder]);
    this.filler = join(folder, 'filler');
  }

  fill(): void {
    const file = openSync(this.filler, 'w');
    try {
      for (let size = 65_536; size >= 1;) {
        try {
          writeSync(file, Buffer.alloc(size));
        } catch {
          size >>= 1;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.filler, { force: true });
  }

  remove(): void {
    execFileSync('umount', [this.folder]);
  }
}

/** NATS on that disk, and all the roles, which go on while it is started again. */
interface Scene {
  readonly stage: Stage;
  readonly disk: SmallDisk;
  readonly system: SystemApart;
  /** Those that append. */
  readonly roles: readonly RoleProcess[];
  readonly talker: Talker;
  readonly token: string;
  readonly restart: (moreJetStream?: readonly string[]) => Promise<void>;
}

async function checkNoticed({ stage, roles, system, token }: Scene): Promise<void> {
  const seconds = await untilReadiness(roles, false);
  roles.forEach(({ role }, i) => {
    const took = seconds[i]!;
    stage.check(
      `the ${role} says that it is not ready after ${took.toFixed(1)} s, 10 at most`,
      took <= NOTICED_WITHIN_S,
    );
  });
  const { status } = await upgrade(system.gateways[0]!, token);
  stage.check(`who comes is answered ${status}`, status === 503);
}

async function checkBack({ stage, roles, talker }: Scene): Promise<void> {
  const seconds = Math.max(...(await untilReadiness(roles, true)));
  stage.check(`ready again ${seconds.toFixed(1)} s after that, 10 at most`, seconds <= BACK_WITHIN_S);
  const told = await talker.say(BACK_WITHIN_S);
  stage.check(`what is said is told ${told.toFixed(1)} s later`, told < BACK_WITHIN_S);
}

async function fullWhileTalking(scene: Scene): Promise<void> {
  const { stage, disk, roles, talker } = scene;
  stage.say('the disk is full, and people talk');
  disk.fill();
  // Some still have room in what the disk gave before.
  while ((await talker.say(1)) < 1);
  await checkNoticed(scene);
  stage.say('there is room again');
  disk.free();
  await sleep(WATCHED_MS);
  const ready = await Promise.all(roles.map((role) => role.isReady(WATCHED_MS)));
  stage.figure(
    `with room again and nats-server as it was, ready: ${ready.join(', ')}; told within 5 s: ${(await talker.say(5)) < 5}`,
  );
  stage.say('nats-server is started again');
  await scene.restart();
  await checkBack(scene);
}

async function fullWhileSilent(scene: Scene): Promise<void> {
  const { stage, disk } = scene;
  stage.say('the disk is full, and nobody says anything');
  disk.fill();
  await checkNoticed(scene);
  disk.free();
  stage.say('there is room again, and nats-server is started again');
  await scene.restart();
  await checkBack(scene);
}

async function limitReached(scene: Scene): Promise<void> {
  const { stage, talker } = scene;
  stage.say("the limit of JetStream's own storage is reached");
  await scene.restart(['max_file_store: 1KB']);
  const talking = talker.say(WATCHED_MS / 1_000);
  await checkNoticed(scene);
  await talking;
  stage.say('the limit is raised');
  await scene.restart();
  await checkBack(scene);
}

export const fullDisk: Drill = {
  about: "the disk of NATS is full, or JetStream's own limit is reached: readiness, and what mends it",
  needsRoot: true,
  limitSeconds: 240,
  async play(stage) {
    const { folder, cacheFolder, say } = stage;
    const disk = new SmallDisk(join(folder, 'disk'));
    stage.atEnd(() => {
      disk.remove();
    });
    const options: StartNatsOptions = { cacheDir: cacheFolder, dataDir: join(disk.folder, 'nats'), log: say };
    const port = await freePort();
    let running: RunningServer = await startNats({ ...options, port });
    stage.atEnd(() => running.stop());
    const restart = async (moreJetStream: readonly string[] = []) => {
      await running.stop();
      running = await startNats({ ...options, port, moreJetStream });
    };
    const parts = { folder: join(folder, 'system'), fresh: false, cacheFolder, gateways: 1, nats: running, say };
    const system = await startSystemApart(parts);
    stage.atEnd(() => system.close());
    const gateway = system.gateways[0]!;
    const talker = new Talker(gateway.http.replace(/^http/, 'ws'), system.secret);
    stage.atEnd(() => {
      talker.close();
    });
    await talker.say(10);
    const token = signDevelopmentToken(system.secret, { userId: '8', name: 'Bob', seconds: 600 });
    const scene: Scene = { stage, disk, system, roles: [gateway, system.query], talker, token, restart };
    await fullWhileTalking(scene);
    await fullWhileSilent(scene);
    await limitReached(scene);
    const isWhole = talker.numbers.every((n, i) => i === 0 || n === talker.numbers[i - 1]! + 1);
    stage.check(`${talker.numbers.length} messages were told, each once and in order`, isWhole);
  },
};
