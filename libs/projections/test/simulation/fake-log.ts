import type { Room } from '#domain';
import { type ConsumeOptions, type ConsumerEnd, type LogRecord, LogUnavailable } from '#event-store';
import type { RecordSource, WorkedLog } from '../../src/index.js';
import type { Process } from './processes.js';
import type { Broken } from './rules.js';

const PRESENCE_MS = 3_000;

/** A consumer as the server has it. */
interface Deliveries {
  readonly partition: number;
  /** The stream sequence after the last one delivered. */
  next: number;
  deleted: boolean;
}

export interface Published {
  readonly receiver: string;
  readonly text: string;
}

/** The log's server, with members and live updates: what processes ask of it are steps of the schedule. */
export class FakeLog {
  readonly records: LogRecord[] = [];
  readonly letters = new Map<number, string>();
  readonly clients: LogClient[] = [];
  readonly members = new Map<string, number>();
  readonly consumers = new Map<string, Deliveries>();
  readonly shared = new Map<number, Deliveries>();

  constructor(
    readonly broken: Broken,
    readonly used: ReadonlySet<number>,
    /** A text that a process sends, and the same when it arrives at the gateways. */
    readonly onSent: (published: Published) => void,
    readonly onArrived: (published: Published) => void,
    /** How many of so many records are delivered together. */
    readonly batch: (available: number) => number,
  ) {}

  connect(process: Process): LogClient {
    const client = new LogClient(this, process);
    this.clients.push(client);
    return client;
  }

  /** A member's last beat is too old, and the others are about to notice. */
  expire(member: string): void {
    this.members.delete(member);
    this.announce();
  }

  announce(): void {
    for (const client of this.clients) {
      if (client.process.state !== 'dead' && client.listener) void client.process.arrival(() => client.listener?.());
    }
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
  listener: (() => void) | null = null;
  private interrupted: ((phase: 'lost' | 'back') => void) | null = null;

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
      this.interrupted = listener;
      return () => (this.interrupted = null);
    },
  };

  readonly members = {
    beat: (_group: string, member: string) =>
      this.ask(() => {
        this.server.members.set(member, this.process.now());
      }),
    of: () =>
      this.ask(() => {
        const oldest = this.process.now() - PRESENCE_MS;
        return [...this.server.members.keys()].filter((member) => this.server.members.get(member)! > oldest).sort();
      }),
    leave: async (_group: string, member: string) => {
      await this.ask(() => this.server.members.delete(member));
      this.members.announce();
    },
    announce: () => {
      if (this.process.connected) this.server.announce();
    },
    onAnnounced: (_group: string, listener: () => void) => {
      this.listener = listener;
      return { stop: () => (this.listener = null) };
    },
  };

  setUp(): Promise<string[]> {
    if (!this.process.connected) return Promise.reject(new LogUnavailable('the connection is lost'));
    return Promise.resolve([]);
  }

  recordAt(seq: number): Promise<LogRecord | null> {
    return this.ask(() => this.server.records[seq - 1] ?? null);
  }

  deadLetter({ seq, reason }: { seq: number; reason: string }): Promise<void> {
    return this.ask(() => {
      this.server.letters.set(seq, reason);
    });
  }

  /** As on a server: the older consumers are listed, the new one is made, the older ones are deleted. */
  async consume({ name, deleteOthersWithPrefix, partition, from }: ConsumeOptions): Promise<RecordSource> {
    const { consumers, shared, used, broken } = this.server;
    const own: Deliveries = { partition, next: from, deleted: false };
    if (used.has(partition)) {
      if (broken.sharedConsumer) return this.consumer(await this.ask(() => sharedBy(shared, own)));
      const older = await this.ask(() =>
        [...consumers.keys()].filter((other) => other !== name && other.startsWith(deleteOthersWithPrefix)),
      );
      await this.ask(() => consumers.set(name, own));
      for (const other of older) {
        await this.ask(() => {
          const deliveries = consumers.get(other);
          if (deliveries) deliveries.deleted = true;
          consumers.delete(other);
        });
      }
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
    this.interrupted?.('lost');
  }

  ask<T>(work: () => T): Promise<T> {
    const { process } = this;
    const { losses } = process;
    return process.request(work, () =>
      process.connected && process.losses === losses ? null : new LogUnavailable('the connection is lost'),
    );
  }

  private consumer(deliveries: Deliveries): FakeConsumer {
    const consumer = new FakeConsumer(this.server, this.process, deliveries);
    this.consumers.push(consumer);
    return consumer;
  }

  private publish(published: Published): void {
    this.server.onSent(published);
    if (this.process.connected) this.outbound.push(published);
  }
}

/** What was delivered to the last owner and not acknowledged comes back only after 60 s, behind what is newer. */
function sharedBy(shared: Map<number, Deliveries>, own: Deliveries): Deliveries {
  const deliveries = shared.get(own.partition) ?? own;
  shared.set(own.partition, deliveries);
  return deliveries;
}

class FakeConsumer implements RecordSource {
  private ending: ConsumerEnd | null;
  private wake: () => void = () => undefined;

  constructor(
    private readonly server: FakeLog,
    private readonly process: Process,
    private readonly deliveries: Deliveries,
  ) {
    this.ending = process.connected || server.broken.lossIgnored ? null : 'lost';
  }

  get ended(): ConsumerEnd | null {
    return this.server.broken.deletionUnseen && this.ending === 'deleted' ? null : this.ending;
  }

  async next(): Promise<LogRecord[] | ConsumerEnd> {
    const { process, server, deliveries } = this;
    if (!server.used.has(deliveries.partition)) {
      if (!this.ending) await new Promise<void>((resolve) => (this.wake = resolve));
      return this.ending!;
    }
    return process.arrival(
      () => {
        if (deliveries.deleted) this.end('deleted');
        if (this.ending) return this.ending;
        const available = server.available(deliveries);
        const records = available.slice(0, server.batch(available.length));
        deliveries.next = records.at(-1)!.seq + 1;
        return records;
      },
      () =>
        this.ending !== null || (process.connected && (deliveries.deleted || server.available(deliveries).length > 0)),
    );
  }

  /** For operators only: nothing follows from it. */
  ack(): void {
    return;
  }

  lag(): Promise<number> {
    return Promise.resolve(this.server.available(this.deliveries).length);
  }

  close(): Promise<void> {
    this.end('closed');
    return Promise.resolve();
  }

  end(end: ConsumerEnd): void {
    this.ending ??= end;
    this.wake();
  }
}
