import {
  type Decision,
  type DomainEvent,
  encodeEvent,
  type Kind,
  kindOf,
  partitionOf,
  type RecordedEvent,
  type Room,
} from '#domain';
import {
  type AppendOptions,
  type AskedLog,
  type DeadLetter,
  type Decided,
  decodeRecord,
  type Deliveries,
  type LogFilter,
  type LogRecord,
  LogUnavailable,
  OutcomeUnknown,
  type ShareOptions,
  type StoredLetter,
  type Stored,
} from '../src/index.js';
import { MemoryConnection } from './memory-connection.js';
import { MemoryLive, Subscriptions } from './memory-live.js';
import { MemoryRevocations } from './memory-revocations.js';
import { MemoryDeliveries, MemoryShare } from './memory-share.js';

/** The server of a log, in this process's memory. */
export class MemoryLogServer {
  readonly records: LogRecord[] = [];
  readonly subscriptions = new Subscriptions();
  readonly shares = new Map<string, MemoryShare>();
  readonly letters: StoredLetter[] = [];
  readonly revocations = new MemoryRevocations();

  connect(): MemoryLog {
    return new MemoryLog(this, new MemoryConnection());
  }

  last({ room, kind, partition }: LogFilter, storedBy = Infinity): LogRecord | null {
    const fits = (record: LogRecord) =>
      record.at <= storedBy &&
      (room === undefined || record.room === room) &&
      (kind === undefined || record.kind === kind) &&
      (partition === undefined || record.partition === partition);
    return this.records.findLast(fits) ?? null;
  }

  append(event: DomainEvent, expectedLast?: number): Stored | 'conflict' {
    const { room, id } = event;
    const kind = kindOf(event.type);
    if (expectedLast !== undefined && (this.last({ room, kind })?.seq ?? 0) !== expectedLast) return 'conflict';
    const first = this.records.find((record) => record.room === room && record.id === id);
    if (first) return { seq: first.seq, duplicate: true };
    return { seq: this.store({ ...encodeEvent(event), kind, id }), duplicate: false };
  }

  /** Also what is no event. */
  store(record: Pick<LogRecord, 'kind' | 'id' | 'type' | 'version' | 'body'> & { readonly room: Room }): number {
    const seq = this.records.length + 1;
    const stored = { ...record, seq, partition: partitionOf(record.room), at: Date.now() };
    this.records.push(stored);
    for (const share of this.shares.values()) if (share.kind === record.kind) share.add({ record: stored, times: 0 });
    return seq;
  }
}

/** Where no answer came. */
const SEND_AGAIN_MS = 10;

/**
 * A log as one process has it, held to the same conformance suite as the real one. Its answers and its connection are
 * in the test's hands: gates are named by the methods, and `flush`.
 */
export class MemoryLog implements AskedLog {
  readonly live: MemoryLive;
  /** Where there is one, the next answer to an append is lost, and is told here; it is sent again. */
  losing: (() => void) | null = null;

  constructor(
    private readonly server: MemoryLogServer,
    readonly connection: MemoryConnection,
  ) {
    this.live = new MemoryLive(connection, server.subscriptions);
  }

  get revocations(): MemoryRevocations {
    return this.server.revocations;
  }

  get connected(): boolean {
    return this.connection.connected;
  }

  private readonly hindranceListeners = new Set<(hindrance: string | null) => void>();

  onHindrance(listener: (hindrance: string | null) => void): () => void {
    this.hindranceListeners.add(listener);
    return () => {
      this.hindranceListeners.delete(listener);
    };
  }

  /** Said by the test: what was found of whether events are stored. What is away is told as an interruption. */
  tellHindrance(hindrance: string | null): void {
    for (const listener of this.hindranceListeners) listener(hindrance);
  }

  /** That it is away is the only one there is. */
  async hindrance(): Promise<string | null> {
    await this.connection.gates.pass('hindrance');
    return this.connected ? null : 'the log is away';
  }

  whenLed(): Promise<void> {
    return this.connection.ask('whenLed', () => undefined);
  }

  /** Said by the test: see `EventLog.restoredAt`. */
  restored = 0;

  restoredAt(): Promise<number> {
    return this.connection.ask('restoredAt', () => this.restored);
  }

  /** Nothing is sealed here: this is what a key would be called. */
  keyId: string | null = null;

  readonly keyring: AskedLog['keyring'] = {
    renewKey: () => this.connection.ask('renewKey', () => this.keyId),
    onRefused: (listener) => {
      this.refused.add(listener);
      return () => this.refused.delete(listener);
    },
  };

  /** To be told whose key is not taken any more. */
  readonly refused = new Set<(userId: string) => void>();

  readonly letters: AskedLog['letters'] = {
    put: (letter) => {
      const work = () => {
        const { letters } = this.server;
        const isSame = ({ projection, seq }: DeadLetter) => projection === letter.projection && seq === letter.seq;
        const before = letters.findIndex(isSame);
        if (before >= 0) letters.splice(before, 1);
        letters.push({ ...letter, at: Date.now() });
      };
      return this.connection.ask('letters.put', work, OutcomeUnknown);
    },
    all: (projection) => this.lettersOf(projection),
  };

  private async *lettersOf(projection?: string): AsyncGenerator<StoredLetter, void> {
    yield* await this.connection.ask('letters.all', () =>
      this.server.letters.filter((letter) => projection === undefined || letter.projection === projection),
    );
  }

  async append(event: DomainEvent, { expectedLast, deadline }: AppendOptions = {}): Promise<Stored | 'conflict'> {
    if (deadline !== undefined && deadline <= performance.now()) throw new LogUnavailable('too late');
    for (;;) {
      const work = () => this.server.append(event, expectedLast);
      const outcome = await this.connection.ask('append', work, OutcomeUnknown);
      const lose = this.losing;
      if (!lose) return outcome;
      this.losing = null;
      lose();
      await new Promise((resolve) => setTimeout(resolve, SEND_AGAIN_MS));
    }
  }

  /** In one go, so that nobody ever comes first; what is lost on the way is not looked up. */
  decide<E extends DomainEvent>(
    room: Room,
    kind: Kind,
    decide: (last: RecordedEvent | null) => Decision<E>,
  ): Promise<Decided<E>> {
    const { server } = this;
    return this.connection.ask(
      'decide',
      () => {
        const record = server.last({ room, kind });
        const last = record && decodeRecord(record);
        const decision = decide(last);
        if ('refusal' in decision) return decision;
        if (!decision.event) return { event: null, last };
        const { seq } = server.append(decision.event) as Stored;
        return { event: decodeRecord(server.records[seq - 1]!) as unknown as RecordedEvent<E>, last };
      },
      OutcomeUnknown,
    );
  }

  async last(room: Room, kind: Kind): Promise<RecordedEvent | null> {
    const record = await this.connection.ask('last', () => this.server.last({ room, kind }));
    return record && decodeRecord(record);
  }

  async at(seq: number): Promise<RecordedEvent | null> {
    const record = await this.recordAt(seq);
    return record && decodeRecord(record);
  }

  recordAt(seq: number, deadline?: number): Promise<LogRecord | null> {
    return this.connection.ask('recordAt', () => this.server.records[seq - 1] ?? null, LogUnavailable, deadline);
  }

  lastSeq(filter: LogFilter = {}, storedBy?: number): Promise<number> {
    return this.connection.ask('lastSeq', () => this.server.last(filter, storedBy)?.seq ?? 0);
  }

  async share({ name, kind }: ShareOptions): Promise<Deliveries> {
    const { shares } = this.server;
    const share = await this.connection.ask('share', () => {
      const there = shares.get(name) ?? new MemoryShare(kind);
      shares.set(name, there);
      return there;
    });
    return new MemoryDeliveries(this.connection, share);
  }
}
