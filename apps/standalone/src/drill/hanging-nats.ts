import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { signDevelopmentToken } from '#platform';
import type { RoleProcess } from '../apart/role-process.js';
import { startSystemApart } from '../apart/system-apart.js';
import type { Drill } from './drill.js';

const NOTICED_WITHIN_S = 4;
const BACK_WITHIN_S = 5;
const TURNED_AWAY_WITHIN_S = 1;
const LOOK_MS = 100;
const GIVE_UP_S = 30;

const secondsSince = (beganAt: number): number => (performance.now() - beganAt) / 1_000;

/** How many seconds it takes until each role has said so; about `GIVE_UP_S` at most. */
function untilReadiness(roles: readonly RoleProcess[], ready: boolean): Promise<number[]> {
  const beganAt = performance.now();
  return Promise.all(
    roles.map(async (role) => {
      while ((await role.isReady(GIVE_UP_S * 1_000)) !== ready && secondsSince(beganAt) < GIVE_UP_S)
        await sleep(LOOK_MS);
      return secondsSince(beganAt);
    }),
  );
}

/** The answer to an upgrade, 101 where it is let in, and the seconds it took. */
async function upgrade(gateway: RoleProcess, token: string): Promise<{ status: number; seconds: number }> {
  const beganAt = performance.now();
  const socket = new WebSocket(`${gateway.http.replace(/^http/, 'ws')}/ws/chat?token=${token}`);
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => {
      resolve(101);
    });
    socket.on('unexpected-response', (_, { statusCode = 0 }) => {
      resolve(statusCode);
    });
    socket.on('error', () => {
      resolve(0);
    });
  });
  socket.terminate();
  return { status, seconds: secondsSince(beganAt) };
}

export const hangingNats: Drill = {
  about: 'NATS is suspended: how soon each role is not ready, turns people away, and is ready again',
  limitSeconds: 180,
  async play(stage) {
    const { folder, cacheFolder, say } = stage;
    const system = await startSystemApart({ folder, fresh: false, cacheFolder, gateways: 1, say });
    stage.atEnd(() => system.close());
    const [gateway] = system.gateways;
    const roles = [gateway!, system.projector, system.query];
    const token = signDevelopmentToken(system.secret, { userId: '7', name: 'Ada', seconds: 600 });
    const report = (what: string, seconds: readonly number[], limit: number) => {
      roles.forEach(({ role }, i) => {
        stage.check(`the ${role} ${what} after ${seconds[i]!.toFixed(1)} s, ${limit} at most`, seconds[i]! <= limit);
      });
    };
    for (const round of [1, 2, 3]) {
      say(`round ${round}: SIGSTOP to nats-server, process ${system.nats.pid}`);
      process.kill(system.nats.pid, 'SIGSTOP');
      try {
        report('says that it is not ready', await untilReadiness(roles, false), NOTICED_WITHIN_S);
        const { status, seconds } = await upgrade(gateway!, token);
        stage.check(
          `an upgrade is then answered ${status} after ${seconds.toFixed(1)} s, ${TURNED_AWAY_WITHIN_S} at most`,
          status === 503 && seconds <= TURNED_AWAY_WITHIN_S,
        );
        await sleep(round * 5_000);
      } finally {
        say('SIGCONT');
        process.kill(system.nats.pid, 'SIGCONT');
      }
      report('says that it is ready again', await untilReadiness(roles, true), BACK_WITHIN_S);
    }
  },
};
