import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CommandContext,
  type Decision,
  type DomainEvent,
  type Kind,
  kindOf,
  type RecordedEvent,
  type Refusal,
  type Room,
  type UserErased,
  userRoom,
} from '#domain';
import { AppendWatch } from './append-watch.js';
import { Backlog, type BacklogPart } from './backlog.js';
import { Connection, type ServerOptions } from './connection.js';
import { removeConsumers } from './consumers.js';
import { type ConsumerLag, ConsumerLags } from './consumer-lag.js';
import { type DeadLetter, DeadLetters, type LetterPlace, type StoredLetter } from './dead-letters.js';
import { eventHeaders } from './event-headers.js';
import { Erasures } from './keys/erasures.js';
import { type Erased, Eraser } from './keys/eraser.js';
import { KeyStore } from './keys/key-store.js';
import { Keyring } from './keys/keyring.js';
import { MasterKeys } from './keys/master-keys.js';
import { Live } from './live.js';
import { decodeRecord, type LogRecord } from './log-record.js';
import { ANSWER_LIMIT_MS, LogUnavailable, OutcomeUnknown } from './log-unavailable.js';
import { Workers } from './workers.js';
import { type ConsumeOptions, PartitionConsumer } from './partition-consumer.js';
import { Publisher, type Stored } from './publisher.js';
import { Reader, type ReadOptions } from './reader.js';
import { Revocations } from './revocations.js';
import { type Deliveries, SharedConsumer, type ShareOptions } from './shared-consumer.js';
import { setUpStreams } from './stream.js';
import { figuresOfStreams, type StreamFigures } from './stream-figures.js';
import { type LogFilter, Subjects } from './subjects.js';

export interface LogOptions extends ServerOptions {
  readonly stream: string;
  /** The first token of every subject. */
  readonly prefix: string;
  /** On how many servers each stream is kept, at least; by default on one. */
  readonly replicas?: number;
  /** The longest life of a token, for which a revocation is remembered where nobody says until when. */
  readonly tokenMaxAgeSeconds?: number;
  /** Without it nothing is sealed that is stored, and nothing sealed can be read. */
  readonly encryption?: EncryptionOptions;
}

export interface EncryptionOptions {
  /** 32 bytes each: the first one is in use, the others are of before. */
  readonly masterKeys: readonly Uint8Array[];
  /** Whether what is stored from now on is sealed. */
  readonly seals: boolean;
}

/** What became of a command: its event (null where there was nothing to do) and what it was decided on, or a refusal. */
export type Decided<E extends DomainEvent> =
  { readonly event: RecordedEvent<E> | null; readonly last: RecordedEvent | null } | { readonly refusal: Refusal };

export interface AppendOptions {
  /** The last sequence of this kind in this room, 0 for none: where it is another one, that is a conflict. */
  readonly expectedLast?: number;
  /** When it is given up, on the monotonic clock: 4.5 s from now by default. */
  readonly deadline?: number;
}

export interface LogState {
  readonly messages: number;
  readonly bytes: number;
  readonly firstSeq: number;
  /** 0 for an empty log. */
  readonly lastSeq: number;
}

/** Before the log is asked what became of an event whose answer was lost. */
const PAUSE_MS = 50;

/**
 * The log: the truth of which everything else is a fold. Every call ends within about 5 s (`read`, while the server is
 * away: 30 s without a record); the connection comes back by itself.
 */
export class EventLog {
  readonly live: Live;
  readonly workers: Workers;
  readonly revocations: Revocations;
  private readonly publisher: Publisher;
  private readonly appends: AppendWatch;
  private readonly reader: Reader;
  private readonly letters: DeadLetters;
  private readonly lags: ConsumerLags;
  private readonly backlogs: Backlog;
  private readonly keys: KeyStore;
  private readonly erasures: Erasures;
  private readonly keyring: Keyring;
  private readonly eraser: Eraser;

  private constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
    private readonly replicas: number,
    { tokenMaxAgeSeconds, encryption }: Pick<LogOptions, 'tokenMaxAgeSeconds' | 'encryption'>,
  ) {
    this.live = new Live(connection, subjects);
    this.publisher = new Publisher(connection);
    this.appends = new AppendWatch(connection, this.publisher, stream, subjects);
    this.workers = new Workers(connection, stream, subjects, this.publisher);
    const rememberMs = tokenMaxAgeSeconds === undefined ? undefined : tokenMaxAgeSeconds * 1_000;
    this.revocations = new Revocations(connection, stream, subjects, this.publisher, rememberMs);
    this.keys = new KeyStore(connection, this.publisher, stream, subjects);
    this.erasures = new Erasures({
      read: (from) => this.reader.read({ from, filter: { kind: 'erase' } }),
    });
    const master = encryption ? new MasterKeys(encryption.masterKeys) : null;
    const fences = { last: (userId: string, deadline?: number) => this.fenceOf(userId, deadline) };
    this.keyring = new Keyring(this.keys, master, this.erasures, fences, encryption?.seals ?? false);
    this.eraser = new Eraser(this, this.keys, this.keyring);
    this.reader = new Reader(connection, stream, subjects);
    this.letters = new DeadLetters(connection, stream, subjects, this.publisher);
    this.lags = new ConsumerLags(connection, stream);
    this.backlogs = new Backlog(connection, stream, subjects);
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
  async append(event: DomainEvent, { expectedLast, deadline }: AppendOptions = {}): Promise<Stored | 'conflict'> {
    const sealing = this.keyring.seal(event, deadline);
    const sealed = sealing instanceof Promise ? await sealing : sealing;
    const subject = this.subjects.event(event.room, kindOf(event.type));
    const headers = eventHeaders(event, sealed, expectedLast);
    return this.appends.watch(() => this.publisher.publish(subject, sealed.stored.body, headers, deadline));
  }

  /**
   * To be called when a person is let in, before anything of theirs is stored: their texts are sealed from then on with
   * the key that is theirs now, not with one that is known here of somebody erased who had the same id.
   * @returns what that key is called; null where nothing is sealed
   * @throws LogUnavailable
   */
  async renewKey(userId: string, deadline?: number): Promise<string | null> {
    return this.keyring.seals ? (await this.keyring.renew(userId, deadline)).id : null;
  }

  /**
   * Erases a person: from then on nobody is shown what they said and were called, and where the log is encrypted nobody
   * can read it there. Their tokens are revoked. An id that comes back is another person's.
   * @throws LogUnavailable, OutcomeUnknown: the same again carries it on
   */
  async erase(userId: string, context: CommandContext): Promise<Erased> {
    // Whoever is connected says nothing more under this id.
    await this.revocations.revokePerson(userId);
    return this.eraser.erase(userId, context);
  }

  /** How many people have a key. @throws LogUnavailable */
  keyCount(): Promise<number> {
    return this.keys.count();
  }

  /** Wraps with the first of the master keys what is wrapped with others: see {@link Keyring.rotate}. */
  rotateKeys(onProgress: (seen: number) => void): Promise<number> {
    return this.keyring.rotate(onProgress);
  }

  /**
   * Carries out what is not wholly done of the erasures that the log knows: those that were interrupted, and those whose
   * keys came back with a backup.
   * @returns whom that concerned
   * @throws LogUnavailable, OutcomeUnknown
   */
  async carryOutErasures(): Promise<string[]> {
    await this.erasures.refresh();
    return this.eraser.carryOutAgain(this.erasures);
  }

  /** Why events cannot be stored just now and what to do, or null: as of some seconds ago. Answers within 2 s. */
  hindrance(): Promise<string | null> {
    return this.appends.hindrance();
  }

  /** Is told of each hindrance that is found, once, and null when it is over; not that the connection is lost. */
  onHindrance(listener: (hindrance: string | null) => void): void {
    this.appends.onChange(listener);
  }

  /**
   * Decides on the last event of a kind in a room, for which it is the whole state, and appends what was decided only
   * if it still is the last; else it decides again. Where the answer to its append is lost, it looks whether the event
   * is there. `decide` must make the same event id each time.
   * @throws LogUnavailable also where others kept coming first; OutcomeUnknown, UnreadableEvent
   */
  async decide<E extends DomainEvent>(
    room: Room,
    kind: Kind,
    decide: (last: RecordedEvent | null) => Decision<E>,
    { deadline = performance.now() + ANSWER_LIMIT_MS }: Pick<AppendOptions, 'deadline'> = {},
  ): Promise<Decided<E>> {
    let tried: { readonly id: string; readonly on: RecordedEvent | null } | null = null;
    let unknown: OutcomeUnknown | null = null;
    do {
      try {
        const last = await this.last(room, kind, deadline);
        // The event of this very command, stored by an attempt whose answer was lost.
        if (last && last.id === tried?.id) return { event: last as unknown as RecordedEvent<E>, last: tried.on };
        const decision = decide(last);
        if ('refusal' in decision) return decision;
        const { event } = decision;
        if (!event) return { event: null, last };
        tried = { id: event.id, on: last };
        const outcome = await this.append(event, { expectedLast: last?.seq ?? 0, deadline });
        if (outcome === 'conflict') continue;
        if (!outcome.duplicate) return { event: { ...event, seq: outcome.seq } as unknown as RecordedEvent<E>, last };
        unknown = new OutcomeUnknown('it was stored before, and what it was then cannot be read');
        return { event: (await this.at(outcome.seq, deadline)) as unknown as RecordedEvent<E>, last };
      } catch (error) {
        if (error instanceof OutcomeUnknown) unknown = error;
        else if (!unknown || !(error instanceof LogUnavailable)) throw error;
        await this.untilBack(deadline, unknown);
      }
    } while (performance.now() < deadline);
    throw unknown ?? new LogUnavailable(`others kept writing to ${room} ${kind} first`);
  }

  /** Before the log is asked what became of an event. @throws OutcomeUnknown, the one given, where there is no time left */
  private async untilBack(deadline: number, unknown: OutcomeUnknown): Promise<void> {
    await sleep(PAUSE_MS);
    await this.connection.whenConnected(Math.max(1, deadline - performance.now())).catch(() => {
      throw unknown;
    });
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

  private async fenceOf(userId: string, deadline?: number): Promise<RecordedEvent<UserErased> | null> {
    const record = await this.reader.last(this.subjects.event(userRoom(userId), 'erase'), deadline);
    return record && (decodeRecord(record) as RecordedEvent<UserErased>);
  }

  /**
   * The sequence of the last record, of all or of those that a filter lets through, and of those stored by a time, ms
   * since 1970 by the log's clock; 0 for none.
   * @throws LogUnavailable
   */
  lastSeq(filter: LogFilter = {}, storedBy?: number): Promise<number> {
    return this.reader.lastSeq(filter, storedBy);
  }

  /** Those of whom something may be erased behind this sequence, as far as was read: for who compares. */
  erasedBehind(seq: number): string[] {
    return this.erasures.behind(seq);
  }

  /** In order; ends at `until`. A server that goes away is waited for, up to 30 s. @throws LogUnavailable */
  async *read(options: ReadOptions = {}): AsyncIterable<LogRecord> {
    await this.erasures.refresh();
    for await (const records of this.reader.batches(options)) {
      await this.keyring.openAll(records);
      yield* records;
    }
  }

  /** @throws LogUnavailable */
  async state(): Promise<LogState> {
    const { streams } = this.connection.jetstream;
    const { state } = await this.connection.answerOfStream(this.stream, () => streams.info(this.stream));
    return { messages: state.messages, bytes: state.bytes, firstSeq: state.first_seq, lastSeq: state.last_seq };
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
    await this.erasures.refresh();
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

  /** The same letter again takes the place of the first. @throws LogUnavailable, OutcomeUnknown */
  deadLetter(letter: DeadLetter): Promise<void> {
    return this.letters.put(letter);
  }

  /** In the order they were put, of one projection or of all. @throws LogUnavailable */
  deadLetters(projection?: string): AsyncIterable<StoredLetter> {
    return this.letters.all(projection);
  }

  /** @throws LogUnavailable */
  deadLetterAt(place: LetterPlace): Promise<StoredLetter | null> {
    return this.letters.at(place);
  }

  /** Where there are letters, without reading them. @throws LogUnavailable */
  deadLetterPlaces(): Promise<LetterPlace[]> {
    return this.letters.places();
  }

  /** Deletes a letter; whether there was one. The event stays in the log. @throws LogUnavailable */
  dropDeadLetter(place: LetterPlace): Promise<boolean> {
    return this.letters.drop(place);
  }

  /** Lets what is under way come to its end, within about 5 s, and disconnects. */
  async close(): Promise<void> {
    this.revocations.stop();
    await this.publisher.close();
    await this.connection.close();
  }
}

type Asked = 'connected' | 'hindrance' | 'append' | 'renewKey' | 'decide' | 'last' | 'at' | 'recordAt' | 'lastSeq';
type AskedToShare = 'share' | 'deadLetter' | 'deadLetters';

/** What is asked of a log by whoever does not fold it: an {@link EventLog} has all of it. */
export interface AskedLog extends Pick<EventLog, Asked | AskedToShare> {
  readonly live: AskedLive;
}

export type AskedLive = Pick<Live, keyof Live>;
