import { setTimeout as sleep } from 'node:timers/promises';
import { clanRoom, PARTITIONS, partitionOf, type Room } from '#domain';
import { ServedTimeline } from '#projections';
import { posted, type SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { Follower } from './follower.js';

const INTERVAL_MS = 40;
/** Longer than any take-over should be, so that it is measured. */
const PATIENCE_MS = 30_000;

const rooms = Array.from({ length: PARTITIONS }, (_, partition): Room => {
  for (let i = 0; ; i++) if (partitionOf(clanRoom(String(i))) === partition) return clanRoom(String(i));
});

interface Sent {
  readonly at: number;
  /** Until somebody who follows the room was told of it, which is after it can be read. */
  waitedMs: number | null;
}

/** A room in every partition, each with somebody who follows it, and message after message in all of them. */
export class EveryPartition {
  /** The n-th message of each room has the content n, from 0. */
  private readonly sent: Sent[][] = rooms.map(() => []);
  private readonly followers: Follower[] = [];
  private stopping = false;
  private running: Promise<unknown> = Promise.resolve();

  private constructor(private readonly system: SystemUnderTest) {}

  static async start(system: SystemUnderTest): Promise<EveryPartition> {
    const started = new EveryPartition(system);
    await Promise.all(rooms.map((room, i) => started.follow(room, started.sent[i]!)));
    started.running = started.run();
    return started;
  }

  /** Resolves once everything is in the log. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    // Nothing is rebuilt here.
    for (const follower of this.followers) follower.stop();
  }

  /** Everything that is sent by now. */
  async allTold(): Promise<void> {
    const last = this.sent.map((ofRoom) => ofRoom.at(-1));
    await until('everything is told', () => last.every((sent) => sent?.waitedMs !== null), PATIENCE_MS);
  }

  /** Of what was sent since a moment and is told, in ms. */
  longestWaitSince(moment: number): number {
    const waits = this.sent.flat().flatMap(({ at, waitedMs }) => (at >= moment && waitedMs !== null ? [waitedMs] : []));
    return Math.max(...waits);
  }

  /** What the rooms have that was not sent, or not in this order, and what was told otherwise. */
  async faults(): Promise<string[]> {
    const { queries } = await new ServedTimeline(this.system.readModels).pin();
    const faults = await Promise.all(this.followers.map((follower) => follower.faults()));
    for (const [i, room] of rooms.entries()) {
      const stored = await queries.pageAfter(room, { after: 0, limit: 100_000 });
      const should = this.sent[i]!.map((_, n) => String(n)).join();
      if (stored.map(({ content }) => content).join() !== should)
        faults.push([`${room}: other messages than were sent`]);
    }
    return faults.flat();
  }

  private async follow(room: Room, sent: Sent[]): Promise<void> {
    const follower = await Follower.start(this.system, room, ({ message }) => {
      const told = sent[Number(message.content)]!;
      told.waitedMs ??= performance.now() - told.at;
    });
    this.followers.push(follower);
  }

  private async run(): Promise<void> {
    const appending: Promise<number>[] = [];
    while (!this.stopping) {
      for (const [i, room] of rooms.entries()) {
        const ofRoom = this.sent[i]!;
        ofRoom.push({ at: performance.now(), waitedMs: null });
        appending.push(this.system.append(posted(room, String(ofRoom.length - 1))));
      }
      await sleep(INTERVAL_MS);
    }
    await Promise.all(appending);
  }
}
