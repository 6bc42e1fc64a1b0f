import type { Room } from '#domain';
import { type ConsumeOptions, type LogRecord, LogUnavailable } from '#event-store';
import type { RecordSource, WorkedLog } from '../../src/index.js';
import type { Process } from './processes.js';
import { erasedIn, isErasedLater } from './records.js';
import type { Broken } from './rules.js';
import { FakeConsumer, type Deliveries, sharedBy } from './fake-consumer.js';

const PRESENCE_MS = 3_000;

/** `since`: of the first of its beats without a pause, to be compared only. */
interface Beat {
  readonly at: number;
  readonly since: number;
}

export interface Published {
  readonly receiver: string;
  readonly text: string;
}

/** The log's server, with workers and live updates: what processes ask of it are steps of the schedule. */
export class FakeLog {
  readonly records: LogRecord[] = [];
  readonly letters = new Map<number, string>();
  readonly clients: LogClient[] = [];
  /** Group → worker → its last beat. */
  readonly groups = new Map<string, Map<string, Beat>>();
  readonly consumers = new Map<string, Deliveries>();
  readonly shared = new Map<number, Deliveries>();
  /** How many times somebody became a worker. */
  joins = 0;

  constructor(
    readonly broken: Broken,
    readonly used: ReadonlySet<number>,
    /** A text that a process sends, and the same when it arrives at the gateways. */
    readonly onSent: (published: Published, by: Process) => void,
    readonly onArrived: (published: Published) => void,
    /** How many of so many records are delivered together. */
    readonly batch: (available: number) => number,
  ) {}

  connect(process: Process): LogClient {
    const client = new LogClient(this, process);
    this.clients.push(client);
    return client;
  }

  /** A worker's last beat is too old, and the others are about to notice. */
  expire(worker: string): void {
    for (const [group, workers] of this.groups) if (workers.delete(worker)) this.announce(group);
  }

  announce(group: string): void {
    for (const { process, listeners } of this.clients) {
      if (process.state !== 'dead' && listeners.has(group)) void process.arrival(() => listeners.get(group)?.());
    }
  }

  group(name: string): Map<string, Beat> {
    let group = this.groups.get(name);
    if (!group) this.groups.set(name, (group = new Map<string, Beat>()));
    return group;
  }

  /** The workers of a group, and since when each is one. */
  present(group: string, now: number): Map<string, number> {
    const present = [...this.group(group)].filter(([, { at }]) => at > now - PRESENCE_MS);
    return new Map(present.map(([worker, { since }]) => [worker, since]));
  }

  beat(group: string, worker: string, now: number): void {
    const since = this.present(group, now).get(worker) ?? ++this.joins;
    this.group(group).set(worker, { at: now, since });
  }

  /** A text of somebody who is erased by now may be there or not: a key vanishes at any moment, and is known to have. */
  read(record: LogRecord): LogRecord {
    const mayBeGone = isErasedLater(record, this.records);
    return mayBeGone && this.batch(2) === 1 ? erasedIn(record) : record;
  }

  available({ partition, next }: Deliveries): LogRecord[] {
    return this.records.filter((record) => record.seq >= next && record.partition === partition);
  }
}

/** The log as one process sees it, over a connection of its own. */
export class LogClient implements WorkedLog {
  /** Sent, and still on the way. */
  outbound: Published[] = [];
  private readonly consumers: FakeConsumer[] = [];
  readonly listeners = new Map<string, () => void>();
  private readonly interrupted = new Set<(phase: 'lost' | 'back') => void>();

  constructor(
    private readonly server: FakeLog,
    readonly process: Process,
  ) {}

  readonly live = {
    publishToRoom: (room: Room, text: string) => {
      this.publish({ receiver: room, text });
    },
    publishToUser: (userId: string, text: string) => {
      this.publish({ receiver: `user ${userId}`, text });
    },
    flush: () =>
      this.server.broken.notFlushed
        ? Promise.resolve()
        : this.ask(() => {
            while (this.outbound.length > 0) this.arrive();
          }),
    onInterrupted: (listener: (phase: 'lost' | 'back') => void) => {
      this.interrupted.add(listener);
      return () => this.interrupted.delete(listener);
    },
  };

  readonly workers = {
    beat: (group: string, worker: string) =>
      this.ask(() => {
        this.server.beat(group, worker, this.process.now());
      }),
    of: (group: string) =>
      this.server.broken.presentUnasked && this.isBuilder && !this.listeners.has(group)
        ? Promise.resolve([])
        : this.ask(() => [...this.server.present(group, this.process.now()).keys()].sort()),
    present: async (group: string) => (await this.workers.of(group)).map((name) => ({ name, declines: [] })),
    leave: async (group: string, worker: string) => {
      await this.ask(() => this.server.group(group).delete(worker));
      this.workers.announce(group);
    },
    announce: (group: string) => {
      if (this.process.connected) this.server.announce(group);
    },
    onAnnounced: (group: string, listener: () => void) => {
      this.listeners.set(group, listener);
      return { stop: () => this.listeners.delete(group) };
    },
  };

  setUp(): Promise<string[]> {
    if (!this.process.connected) return Promise.reject(new LogUnavailable('the connection is lost'));
    return Promise.resolve([]);
  }

  restoredAt(): Promise<number> {
    return this.ask(() => 0);
  }

  readonly eraser = { carryOut: (): Promise<string[]> => Promise.resolve([]) };

  recordAt(seq: number): Promise<LogRecord | null> {
    return this.ask(() => this.server.records[seq - 1] ?? null);
  }

  readonly letters = {
    put: ({ seq, reason }: { seq: number; reason: string }): Promise<void> =>
      this.ask(() => {
        this.server.letters.set(seq, reason);
      }),
  };

  /** 0 where there is none. */
  lastSeq({ partition }: { readonly partition?: number }): Promise<number> {
    const { records, used } = this.server;
    if (!used.has(partition!) || this.server.broken.endUnasked) return Promise.resolve(0);
    return this.ask(() => records.findLast((record) => record.partition === partition)?.seq ?? 0);
  }

  /** As on a server: the older consumers are listed, the new one is made, the older ones are deleted. */
  async consume({ name, deleteOthersWithPrefix, partition, from }: ConsumeOptions): Promise<RecordSource> {
    const { consumers, shared, used, broken } = this.server;
    const own: Deliveries = { partition, next: from, deleted: false };
    if (used.has(partition)) {
      if (broken.sharedConsumer) return this.consumer(await this.ask(() => sharedBy(shared, own)));
      const epochOf = (consumer: string) => Number(consumer.slice(deleteOthersWithPrefix.length));
      const remove = (consumer: string) =>
        this.ask(() => {
          const deliveries = consumers.get(consumer);
          if (deliveries) deliveries.deleted = true;
          consumers.delete(consumer);
        });
      const older = await this.ask(() =>
        [...consumers.keys()].filter(
          (other) => other.startsWith(deleteOthersWithPrefix) && epochOf(other) <= epochOf(name),
        ),
      );
      if (older.includes(name)) await remove(name);
      await this.ask(() => {
        // Somebody who claimed the same epoch, of a checkpoint that vanished in between.
        const same = consumers.get(name);
        if (same) same.deleted = true;
        consumers.set(name, own);
      });
      for (const other of older) if (other !== name) await remove(other);
    }
    return this.consumer(own);
  }

  /** The next text that is on the way arrives. */
  arrive(): void {
    const next = this.outbound.shift();
    if (next) this.server.onArrived(next);
  }

  lose(): void {
    this.process.connected = false;
    this.process.losses++;
    this.outbound = [];
    if (this.server.broken.lossIgnored) return;
    for (const consumer of this.consumers) consumer.end('lost');
    for (const listener of this.interrupted) listener('lost');
  }

  ask<T>(work: () => T): Promise<T> {
    const { process } = this;
    const { losses } = process;
    return process.request(
      work,
      new LogUnavailable('no answer came'),
      () => process.connected && process.losses === losses,
    );
  }

  private get isBuilder(): boolean {
    return this.process.name.startsWith('b');
  }

  private consumer(deliveries: Deliveries): FakeConsumer {
    const consumer = new FakeConsumer(this.server, this.process, deliveries);
    this.consumers.push(consumer);
    return consumer;
  }

  private publish(published: Published): void {
    if (this.server.broken.builderMute && this.isBuilder) return;
    this.server.onSent(published, this.process);
    if (this.process.connected) this.outbound.push(published);
  }
}
