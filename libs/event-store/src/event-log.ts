import type { StreamInfo } from '@nats-io/jetstream';
import { type Decision, type DomainEvent, type Kind, kindOf, type RecordedEvent, type Room } from '#domain';
import { beginIn, isTracing } from '#tracing';
import { AppendWatch } from './append-watch.js';
import { Backlog, type BacklogPart } from './backlog.js';
import { Backups } from './backup/backups.js';
import { RESTORED, restoredAtOf, setUpStreams, whenLed } from './stream.js';
import { Connection } from './connection.js';
import { removeConsumers } from './consumers.js';
import { type ConsumerLag, ConsumerLags } from './consumer-lag.js';
import { DeadLetters } from './dead-letters.js';
import { type Decided, decideOnLast } from './decide.js';
import { Copier } from './copier.js';
import type { EventHeaders, SealedEvent } from './event-headers.js';
import { Erasures } from './keys/erasures.js';
import { Eraser } from './keys/eraser.js';
import { Fences } from './keys/fences.js';
import { KeyStore } from './keys/key-store.js';
import { Keyring } from './keys/keyring.js';
import { MasterKeys } from './keys/master-keys.js';
import { Inspection } from './inspection/inspection.js';
import { Live } from './live.js';
import type { AppendOptions, LogOptions } from './log-options.js';
import { decodeRecord, type LogRecord } from './log-record.js';
import { Workers } from './workers.js';
import { type ConsumeOptions, PartitionConsumer } from './partition-consumer.js';
import { factsOfAppend, factsOfOutcome, type Stored } from './outcomes.js';
import { Publisher } from './publisher.js';
import { type FollowOptions, Reader, type ReadOptions } from './reader.js';
import { Revocations } from './revocations.js';
import { type Deliveries, SharedConsumer, type ShareOptions } from './shared-consumer.js';
import { appendSealed, type Sealing } from './sealed-append.js';
import { figuresOfStreams, type LogState, stateOf, type StreamFigures } from './stream-figures.js';
import { type LogFilter, Subjects } from './subjects.js';

/** What is read as it comes is looked up among the erasures so often. */
const ERASURES_MS = 1_000;

/**
 * The log: the truth of which everything else is a fold. Every call ends within about 5 s (`read`, while the server is
 * away: 30 s without a record); the connection comes back by itself.
 */
export class EventLog {
  readonly live: Live;
  readonly workers: Workers;
  readonly letters: DeadLetters;
  readonly revocations: Revocations;
  readonly keyring: Keyring;
  readonly erasures: Erasures;
  readonly eraser: Eraser;
  readonly copier: Copier;
  readonly backups: Backups;
  readonly inspection: Inspection;
  private readonly publisher: Publisher;
  private readonly sealing: Sealing;
  private readonly appends: AppendWatch;
  private readonly reader: Reader;
  private readonly lags: ConsumerLags;
  private readonly backlogs: Backlog;

  private constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
    private readonly replicas: number,
    options: LogOptions,
  ) {
    const { synced, appendEveryMs, encryption, observer } = options;
    this.live = new Live(connection, subjects);
    this.publisher = new Publisher(connection, synced, appendEveryMs);
    this.appends = new AppendWatch(connection, this.publisher, stream, subjects, observer);
    this.workers = new Workers(connection, stream, subjects, this.publisher);
    const rememberMs = options.tokenMaxAgeSeconds && options.tokenMaxAgeSeconds * 1_000;
    this.revocations = new Revocations(connection, stream, subjects, this.publisher, rememberMs);
    this.reader = new Reader(connection, stream, subjects, options.readsApart ? options : null);
    const keys = new KeyStore(connection, this.publisher, stream, subjects);
    const master = encryption ? new MasterKeys(encryption.masterKeys) : null;
    const fences = new Fences(this.reader, subjects, connection);
    this.erasures = new Erasures(fences);
    this.keyring = new Keyring(keys, master, this.erasures, fences, encryption?.seals ?? false);
    this.eraser = new Eraser(this, fences, keys, this.keyring, this.erasures);
    const publish: Sealing['publish'] = (...sealed) => this.publish(...sealed);
    this.sealing = { keyring: this.keyring, publish };
    this.copier = new Copier(this.keyring, keys, publish);
    this.letters = new DeadLetters(connection, stream, subjects, this.publisher);
    this.lags = new ConsumerLags(connection, stream);
    this.backlogs = new Backlog(connection, stream, subjects);
    this.backups = new Backups(connection, stream, subjects.allEvents, options);
    this.inspection = new Inspection(connection, stream, subjects, options);
  }

  /** Sets nothing up. @throws LogUnavailable within 5 s */
  static async connect(options: LogOptions): Promise<EventLog> {
    const subjects = new Subjects(options.prefix);
    const { stream, replicas = 1 } = options;
    return new EventLog(await Connection.open(options), stream, subjects, replicas, options);
  }

  get connected(): boolean {
    return this.connection.connected;
  }

  /**
   * Creates the streams of the log where they are missing, and gives those more replicas that have too few.
   * @returns how existing ones differ from what they should be, a line each; they are left as they are
   * @throws StreamMismatch where the partitions are others, LogUnavailable
   */
  setUp(): Promise<string[]> {
    return setUpStreams(this.connection, this.stream, this.subjects, this.replicas);
  }

  /**
   * Resolves once the event is durable; the same event again, within 2 minutes, is `duplicate` with the first one's
   * sequence.
   * @throws LogUnavailable where it is certainly not stored, OutcomeUnknown where it may be
   */
  append(event: DomainEvent, options: AppendOptions = {}): Promise<Stored | 'conflict'> {
    const step = isTracing() ? beginIn(`publish ${this.stream}`, 'producer', factsOfAppend(this.stream, event)) : null;
    if (!step) return appendSealed(this.sealing, event, options);
    return step.until(appendSealed(this.sealing, event, options, step.traceparent), factsOfOutcome);
  }

  private publish(event: DomainEvent, { stored }: SealedEvent, headers: EventHeaders, deadline?: number) {
    const subject = this.subjects.event(event.room, kindOf(event.type));
    return this.appends.watch(() => this.publisher.publish(subject, stored.body, headers, deadline));
  }

  /** Why events cannot be stored just now and what to do, or null: as of some seconds ago. Answers within 2 s. */
  hindrance(): Promise<string | null> {
    return this.appends.hindrance();
  }

  /**
   * Is told of each hindrance that is found, once, and null when it is over; not that the connection is lost. It is
   * found where something is appended, or where {@link hindrance} is asked.
   * @returns the way to stop listening
   */
  onHindrance(listener: (hindrance: string | null) => void): () => void {
    return this.appends.onChange(listener);
  }

  /** Resolves once what the log says from then on is all that is so: no server answers that is cut off. @throws LogUnavailable */
  whenLed(): Promise<void> {
    return whenLed(this.connection, this.stream);
  }

  /**
   * Decides on the last event of a kind in a room, for which it is the whole state, and appends what was decided only
   * if it still is the last; else it decides again. Where the answer to its append is lost, it looks whether the event
   * is there. `decide` must make the same event id each time.
   * @throws LogUnavailable also where others kept coming first; OutcomeUnknown, UnreadableEvent
   */
  decide<E extends DomainEvent>(
    room: Room,
    kind: Kind,
    decide: (last: RecordedEvent | null) => Decision<E>,
    options: Pick<AppendOptions, 'deadline'> = {},
  ): Promise<Decided<E>> {
    return decideOnLast(this, this.connection, { room, kind, ...options }, decide);
  }

  /** @throws LogUnavailable, UnreadableEvent */
  async last(room: Room, kind: Kind, deadline?: number): Promise<RecordedEvent | null> {
    const record = await this.opened(await this.reader.last(this.subjects.event(room, kind), deadline), deadline);
    return record && decodeRecord(record);
  }

  /** @throws LogUnavailable, UnreadableEvent */
  async at(seq: number, deadline?: number): Promise<RecordedEvent | null> {
    const record = await this.recordAt(seq, deadline);
    return record && decodeRecord(record);
  }

  /** @throws LogUnavailable */
  async recordAt(seq: number, deadline?: number): Promise<LogRecord | null> {
    return this.opened(await this.reader.at(seq, deadline), deadline);
  }

  private async opened(record: LogRecord | null, deadline?: number): Promise<LogRecord | null> {
    if (record) await this.keyring.open(record, deadline);
    return record;
  }

  /**
   * The sequence of the last record, of all or of those that a filter lets through, and of those stored by a time, ms
   * since 1970 by the log's clock; 0 for none.
   * @throws LogUnavailable
   */
  lastSeq(filter: LogFilter = {}, storedBy?: number): Promise<number> {
    return this.reader.lastSeq(filter, storedBy);
  }

  /** In order; ends at `until`. A server that goes away is waited for, up to 30 s. @throws LogUnavailable */
  async *read(options: ReadOptions = {}): AsyncIterable<LogRecord> {
    await this.erasures.refresh();
    for await (const records of this.reader.batches(options)) {
      await this.keyring.openAll(records);
      yield* records;
    }
  }

  /**
   * As {@link read}, some at a time, for who may go without texts: those that there is no key for here are left out, as are
   * those of who was erased. Who follows hears within a second that somebody was erased.
   * @throws LogUnavailable
   */
  async *readAllowed(options: FollowOptions = {}): AsyncGenerator<readonly LogRecord[], void> {
    await this.erasures.refresh();
    let refreshedAt = performance.now();
    for await (const records of this.reader.batches(options)) {
      if (options.follow && performance.now() - refreshedAt > ERASURES_MS) {
        await this.erasures.refresh();
        refreshedAt = performance.now();
      }
      await this.keyring.openAllowed(records);
      yield records;
    }
  }

  /** @throws LogUnavailable */
  async state(): Promise<LogState> {
    return stateOf(await this.info());
  }

  /** Which log it is: its stream, when that was made, and restored, as it may go on otherwise. @throws LogUnavailable */
  async identity(): Promise<string> {
    const { created, config } = await this.info();
    const restored = config.metadata?.[RESTORED];
    return `${this.stream} ${created}${restored === undefined ? '' : ` restored ${restored}`}`;
  }

  /**
   * When it was last restored from a backup, as the number of a version of a projection that was begun then: one of a
   * lower number is of the log before, which may have gone on otherwise. 0 where it never was. @throws LogUnavailable
   */
  async restoredAt(): Promise<number> {
    return restoredAtOf((await this.info()).config);
  }

  private info(): Promise<StreamInfo> {
    const { streams } = this.connection.jetstream;
    return this.connection.answerOfStream(this.stream, () => streams.info(this.stream));
  }

  /** What each stream of this log holds, the events first. @throws LogUnavailable */
  streams(): Promise<StreamFigures[]> {
    return figuresOfStreams(this.connection, this.stream);
  }

  /** How many records somebody at this place has yet to read. @throws LogUnavailable */
  backlog(part: BacklogPart): Promise<number> {
    return this.backlogs.count(part);
  }

  /** When the oldest of them was stored, ms by the log's clock; null for none. @throws LogUnavailable */
  oldestOfBacklog(part: BacklogPart): Promise<number | null> {
    return this.backlogs.oldestAt(part);
  }

  /** Takes over a partition: a consumer of its own, and the older owners' deleted. @throws LogUnavailable */
  async consume(options: ConsumeOptions): Promise<PartitionConsumer> {
    await this.erasures.refresh(options.partition);
    return PartitionConsumer.start(this.connection, this.stream, this.subjects, this.keyring, options);
  }

  /**
   * Joins those who share the consumer of a name, which is made for the first of them: from then on each record of a kind
   * is handed to one of them, again and again until it is settled. It stays until it is removed.
   * @throws LogUnavailable
   */
  share(options: ShareOptions): Promise<Deliveries> {
    return SharedConsumer.join(this.connection, this.stream, this.subjects, options);
  }

  /**
   * How far every consumer is behind, as of at most a second ago; where the server does not say so soon, as of half a
   * minute ago at most.
   * @throws LogUnavailable
   */
  consumers(): Promise<readonly ConsumerLag[]> {
    return this.lags.read();
  }

  /** Deletes the consumers whose names begin so; whoever still works with one notices at once. @throws LogUnavailable */
  removeConsumers(prefix: string): Promise<void> {
    return removeConsumers(this.connection, this.stream, (name) => name.startsWith(prefix));
  }

  /** Lets what is under way come to its end, within about 5 s, and disconnects. */
  async close(): Promise<void> {
    this.revocations.stop();
    await this.publisher.close();
    await this.connection.close();
  }
}
