import { type ConsumerEnd, type LogRecord } from '#event-store';
import type { RecordSource } from '../../src/index.js';
import type { Process } from './processes.js';
import type { Broken } from './rules.js';

/** A consumer as the server has it. */
export interface Deliveries {
  readonly partition: number;
  /** The stream sequence after the last one delivered. */
  next: number;
  deleted: boolean;
}

/** What a consumer needs of the log's server. */
interface Delivering {
  readonly broken: Broken;
  readonly used: ReadonlySet<number>;
  readonly batch: (available: number) => number;
  available(deliveries: Deliveries): LogRecord[];
  read(record: LogRecord): LogRecord;
}

/** What was delivered to the last owner and not acknowledged comes back only after 60 s, behind what is newer. */
export function sharedBy(shared: Map<number, Deliveries>, own: Deliveries): Deliveries {
  const deliveries = shared.get(own.partition) ?? own;
  shared.set(own.partition, deliveries);
  return deliveries;
}

/** A consumer as the process that made it has it. */
export class FakeConsumer implements RecordSource {
  private ending: ConsumerEnd | null;
  private wake: () => void = () => undefined;

  constructor(
    private readonly server: Delivering,
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
        return records.map((record) => server.read(record));
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
