import { setTimeout as sleep } from 'node:timers/promises';
import { signDevelopmentToken } from '#platform';
import { startSystemApart } from '../apart/system-apart.js';
import { untilReadiness, upgrade } from './readiness.js';
import type { Drill } from './stage.js';

const NOTICED_WITHIN_S = 4;
const BACK_WITHIN_S = 5;
const TURNED_AWAY_WITHIN_S = 1;

export const hangingNats: Drill = {
  about: 'NATS is suspended: how soon each role is not ready, turns people away, and is ready again',
  limitSeconds: 180,
  async play(stage) {
    const { folder, cacheFolder, say } = stage;
    const system = await startSystemApart({ folder, fresh: false, cacheFolder, gateways: 1, say });
    stage.atEnd(() => system.close());
    const gateway = system.gateways[0]!;
    const roles = [gateway, system.projector, system.query];
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
        const first = upgrade(gateway, token);
        report('says that it is not ready', await untilReadiness(roles, false), NOTICED_WITHIN_S);
        const { status, seconds } = await upgrade(gateway, token);
        stage.check(
          `an upgrade is then answered ${status} after ${seconds.toFixed(1)} s, ${TURNED_AWAY_WITHIN_S} at most`,
          status === 503 && seconds <= TURNED_AWAY_WITHIN_S,
        );
        stage.figure(
          `one of the first moment was answered ${(await first).status} after ${(await first).seconds.toFixed(1)} s`,
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
