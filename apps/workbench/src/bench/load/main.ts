import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { roomHistory } from '../../apart/history.js';
import { quantile } from '../quantiles.js';
import { Crowd } from './crowd.js';
import { Ledger } from './ledger.js';
import type { LoadNews, LoadOrder, LoadPlan, LoadReport } from './plan.js';
import { atScheduledTimes, dueAt } from './schedule.js';

// The load generator, a process of its own: it must not wait for the system, nor the system for it.

/** When nothing came for so long, nothing is coming. Milliseconds. */
const SILENCE_MS = 5_000;

const tell = (news: LoadNews): void => {
  process.send!(news);
};

async function order(): Promise<LoadOrder> {
  const [message] = (await once(process, 'message')) as [LoadOrder];
  return message;
}

/** Everybody connected, and what they are told. */
class Load {
  readonly ledger: Ledger;
  readonly crowd: Crowd;
  /** From the scheduled time to each delivery since {@link begin}, ms. */
  latencies: number[] = [];
  lastDeliveryAt = 0;
  private start = 0;
  private first = 0;

  constructor(private readonly plan: LoadPlan) {
    const { rooms, members, rate, warmUpSeconds, seconds, characters } = plan;
    this.ledger = new Ledger(rooms, members, rate * (warmUpSeconds + seconds), characters);
    this.crowd = new Crowd(plan, {
      told: (client, frame, text) => {
        const now = performance.now();
        if (!frame) {
          this.ledger.refused++;
          this.ledger.fault(`client ${client}: ${text}`);
          return;
        }
        const k = this.ledger.told(client, frame);
        if (k === null || k < this.first) return;
        this.latencies.push(now - dueAt(this.start, plan.rate, k - this.first));
        this.lastDeliveryAt = now;
      },
      closed: (client, code) => {
        this.ledger.fault(`client ${client} was disconnected with ${code}`);
      },
    });
  }

  /** Sends for so long, and resolves once everything has come back, or nothing comes any more. */
  async run(seconds: number): Promise<{ readonly start: number; readonly first: number; readonly late: Float64Array }> {
    const { rate } = this.plan;
    this.first = this.ledger.sent;
    this.latencies = [];
    this.start = performance.now() + 5;
    const { start, first } = this;
    const late = await atScheduledTimes(start, rate, rate * seconds, () => {
      const { client, content } = this.ledger.next();
      this.crowd.say(client, content);
    });
    let delivered = -1;
    for (let since = 0; !this.ledger.isComplete;) {
      const now = performance.now();
      if (this.ledger.delivered !== delivered) since = now;
      delivered = this.ledger.delivered;
      if (now - since > SILENCE_MS) break;
      await sleep(2);
    }
    return { start, first, late };
  }
}

async function measure(plan: LoadPlan): Promise<LoadReport> {
  const load = new Load(plan);
  const { ledger, crowd } = load;
  await crowd.connect();
  tell({ phase: 'connected' });
  await load.run(plan.warmUpSeconds);
  tell({ phase: 'ready' });
  await order();
  const before = process.cpuUsage();
  const { start, first, late } = await load.run(plan.seconds);
  const cpu = process.cpuUsage(before);
  const wall = performance.now() - start;
  tell({ phase: 'drained' });
  let unstored = 0;
  for (let room = 0; room < plan.rooms; room++) {
    unstored += ledger.compare(room, await roomHistory(plan.http, 'clan', crowd.tokens[room]!));
  }
  crowd.leave();
  const all = ledger.counts(0);
  const { accepted, delivered } = ledger.counts(first);
  const untold = all.accepted * plan.members - all.delivered;
  const unanswered = Math.max(ledger.sent - all.accepted - ledger.refused, 0);
  if (unanswered > 0) ledger.fault(`${unanswered} messages were neither refused nor told to anybody`);
  const at = (share: number) => quantile(load.latencies, share) ?? 0;
  return {
    sent: ledger.sent - first,
    accepted,
    delivered,
    lost: untold + unstored + unanswered,
    latency: { p50: at(0.5), p99: at(0.99), max: at(1) },
    late: quantile(late, 0.99) ?? 0,
    elapsed: load.lastDeliveryAt - start,
    loadCpu: (cpu.user + cpu.system) / 1_000 / wall,
    faults: ledger.faults,
  };
}

try {
  const first = await order();
  if (!('plan' in first)) throw new Error('the first order must be the plan');
  tell({ phase: 'checked', report: await measure(first.plan) });
} catch (error) {
  tell({ phase: 'failed', reason: (error as Error).message });
}
process.disconnect();
