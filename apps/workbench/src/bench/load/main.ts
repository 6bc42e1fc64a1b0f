import { once } from 'node:events';
import { constants, getPriority, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { roomHistory } from '../../apart/history.js';
import { quantile } from '../quantiles.js';
import { Crowd } from './crowd.js';
import type { NumberedFrames } from './frames.js';
import { Ledger } from './ledger.js';
import type { LoadNews, LoadOrder, LoadPlan, LoadReport } from './plan.js';
import { atScheduledTimes, dueAt } from './schedule.js';
import { messageFrames, nothingTold, readText } from './texts.js';

// The load generator, a process of its own: it must not wait for the system, nor the system for it.

/** When nothing came for so long, nothing is coming. Milliseconds. */
const SILENCE_MS = 5_000;
/** In steps of `nice`. */
const BEFORE_OTHERS = 7;
/** Rooms whose history is read at a time. */
const READING_AT_ONCE = 4;

const tell = (news: LoadNews): void => {
  process.send!(news);
};

/** What it sends must not wait for what the system does with it: so it comes before that, where it may say so. */
function comeFirst(): void {
  try {
    setPriority(Math.max(getPriority() - BEFORE_OTHERS, constants.priority.PRIORITY_HIGHEST));
  } catch {
    // Whoever is not root has no say in it; how late it sent is told in any case.
  }
}

async function order(): Promise<LoadOrder> {
  const [message] = (await once(process, 'message')) as [LoadOrder];
  return message;
}

/** Everybody connected, and what they are told. */
class Load {
  readonly ledger: Ledger;
  readonly crowd: Crowd;
  /** From the scheduled time to each delivery since the last {@link run} began, ms: so many of them. */
  private readonly latencies: Float64Array;
  private latencyCount = 0;
  lastDeliveryAt = 0;
  private start = 0;
  private first = 0;
  private readonly frames: NumberedFrames;
  private readonly text = nothingTold();

  constructor(private readonly plan: LoadPlan) {
    const { members, senders = members, acks = false, rate, warmUpSeconds, seconds, characters } = plan;
    this.ledger = new Ledger({ ...plan, senders, acks }, rate * (warmUpSeconds + seconds));
    this.frames = messageFrames(characters, acks);
    this.latencies = new Float64Array(rate * Math.max(warmUpSeconds, seconds) * members);
    this.crowd = new Crowd(plan, {
      told: (client, bytes, from, to) => {
        this.told(client, bytes, from, to);
      },
      closed: (client, code) => {
        this.ledger.fault(`client ${client} was disconnected with ${code}`);
      },
    });
  }

  /** Sends for so long, and resolves once everything has come back, or nothing comes any more. */
  async run(seconds: number): Promise<Ran> {
    const { plan, ledger } = this;
    this.first = ledger.sent;
    this.latencyCount = 0;
    this.start = performance.now() + 5;
    const { start, first } = this;
    const cpu = process.cpuUsage();
    const late = await atScheduledTimes(start, plan.rate, plan.rate * seconds, (k) => {
      this.crowd.send(ledger.next(), this.frames.of(first + k));
    });
    const inTime = this.latencyCount;
    const whileSending = shareOfCore(cpu, start);
    let delivered = -1;
    for (let since = 0; !ledger.isComplete;) {
      const now = performance.now();
      if (ledger.delivered !== delivered) since = now;
      delivered = ledger.delivered;
      if (now - since > SILENCE_MS) break;
      await sleep(2);
    }
    const share = Math.max(whileSending, shareOfCore(cpu, start));
    return { start, first, late, inTime, share, latencies: this.latencies.subarray(0, this.latencyCount) };
  }

  private told(client: number, bytes: Buffer, from: number, to: number): void {
    const { ledger, text } = this;
    readText(bytes, from, to, text);
    const { k } = text;
    if (text.kind === 'message') {
      if (!ledger.told(client, k, text.n, text.id, text.idFrom, text.idTo) || k < this.first) return;
      const now = performance.now();
      this.latencies[this.latencyCount++] = now - dueAt(this.start, this.plan.rate, k - this.first);
      this.lastDeliveryAt = now;
    } else if (text.kind === 'ack') {
      ledger.acked(client, k, text.id, text.idFrom, text.idTo);
    } else {
      ledger.refused++;
      ledger.fault(`client ${client}: ${bytes.toString('utf8', from, to)}`);
    }
  }
}

interface Ran {
  /** The first scheduled time, and the number of the first message. */
  readonly start: number;
  readonly first: number;
  /** How late each message left. */
  readonly late: Float64Array;
  /** Deliveries before the last message had been sent. */
  readonly inTime: number;
  /** Of a core: while messages were sent, or until all had come back, whichever is more. */
  readonly share: number;
  readonly latencies: Float64Array;
}

/** What this process has used since then, as a share of one core. */
function shareOfCore(since: NodeJS.CpuUsage, start: number): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000 / (performance.now() - start);
}

async function measure(plan: LoadPlan): Promise<LoadReport> {
  const load = new Load(plan);
  const { ledger, crowd } = load;
  await crowd.connect();
  tell({ phase: 'connected' });
  await load.run(plan.warmUpSeconds);
  tell({ phase: 'ready' });
  await order();
  const { start, first, late, inTime, share: loadCpu, latencies } = await load.run(plan.seconds);
  tell({ phase: 'drained' });
  let unstored = 0;
  await pMap(
    Array.from({ length: plan.rooms }, (_, room) => room),
    async (room) => {
      const history = await roomHistory(plan.http, 'clan', crowd.tokens[room]!);
      unstored += ledger.compare(room, history);
    },
    { concurrency: READING_AT_ONCE },
  );
  crowd.leave();
  const all = ledger.counts(0);
  const { accepted, delivered, acked } = ledger.counts(first);
  const untold = all.accepted * plan.members - all.delivered;
  const unanswered = Math.max(ledger.sent - all.accepted - ledger.refused, 0);
  if (unanswered > 0) ledger.fault(`${unanswered} messages were neither refused nor told to anybody`);
  if (plan.acks && all.acked < all.accepted) {
    ledger.fault(`${all.accepted - all.acked} messages are stored and were not acknowledged`);
  }
  const at = (share: number) => quantile(latencies, share) ?? 0;
  return {
    sent: ledger.sent - first,
    accepted,
    delivered,
    inTime,
    acked,
    lost: untold + unstored + unanswered,
    latency: { p50: at(0.5), p99: at(0.99), max: at(1) },
    late: quantile(late, 0.99) ?? 0,
    elapsed: load.lastDeliveryAt - start,
    loadCpu,
    faults: ledger.faults,
  };
}

try {
  comeFirst();
  const first = await order();
  if (!('plan' in first)) throw new Error('the first order must be the plan');
  tell({ phase: 'checked', report: await measure(first.plan) });
} catch (error) {
  tell({ phase: 'failed', reason: (error as Error).message });
}
process.disconnect();
