import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { signDevelopmentToken } from '#platform';
import { clanOf, userOf } from '../load/plan.js';
import { Bystander } from './bystander.js';
import type { BystandersNews, BystandersPlan } from './bystanders.js';

// The bystanders, a process of its own: those who do not read must not hold up those who do.

const CHECK_MS = 2_000;
const FIRST_BYSTANDER = 100_000;

/** Members of the clan who say nothing. Who is cut comes back, at the rate at which all have come. */
class Bystanders {
  readonly #here = new Map<number, Bystander>();
  readonly #away: number[];
  #cut = 0;

  constructor(private readonly plan: BystandersPlan) {
    this.#away = Array.from({ length: plan.count }, (_, i) => i);
    setInterval(() => {
      for (const bystander of this.#here.values()) bystander.check();
    }, CHECK_MS).unref();
  }

  get news(): BystandersNews {
    return { connected: this.#here.size, cut: this.#cut };
  }

  /** One connect after the other, for ever. */
  async keepComing(): Promise<never> {
    const gap = 1_000 / this.plan.connectsPerSecond;
    for (let due = performance.now(); ; due = Math.max(due + gap, performance.now() - gap)) {
      const who = this.#away.shift();
      if (who !== undefined) await this.#come(who);
      await sleep(Math.max(due + gap - performance.now(), 0));
    }
  }

  async #come(who: number): Promise<void> {
    const { gateway, secret, turn, reads } = this.plan;
    const person = { userId: userOf(turn, FIRST_BYSTANDER + who), name: `Bystander ${who}`, clanId: clanOf(turn, 0) };
    try {
      const bystander = await Bystander.connect({
        gateway: new URL(gateway),
        token: signDevelopmentToken(secret, { ...person, seconds: 3_600 }),
        reads,
        closed: () => {
          this.#cut++;
          this.#leave(who);
        },
      });
      this.#here.set(who, bystander);
    } catch {
      this.#away.push(who);
    }
  }

  #leave(who: number): void {
    this.#here.delete(who);
    this.#away.push(who);
  }
}

const tell = (news: BystandersNews): void => {
  process.send!(news);
};

const [plan] = (await once(process, 'message')) as [BystandersPlan];
const bystanders = new Bystanders(plan);
void bystanders.keepComing();
while (bystanders.news.connected < plan.count) await sleep(10);
tell(bystanders.news);
process.on('disconnect', () => process.exit());
process.on('message', () => {
  tell(bystanders.news);
});
