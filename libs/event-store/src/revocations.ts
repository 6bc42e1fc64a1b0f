import { headers } from '@nats-io/transport-node';
import {
  DiscardPolicy,
  type MsgRequest,
  RetentionPolicy,
  StorageType,
  type StoredMsg,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { Connection } from './connection.js';
import { LogUnavailable } from './outcomes.js';
import type { Publisher } from './publisher.js';
import { joined, type Revocation, RevokedTokens, type TokenFacts } from './revoked-tokens.js';
import type { Subjects } from './subjects.js';

export const revocationStream = (stream: string): string => `${stream}_REVOKED`;

/**
 * One message for each person and each token, which the server forgets when its time is over. It is no part of the log,
 * which is for ever. Where it is full it refuses what is new: forgetting what is old would let somebody in.
 */
export const revocationStreamConfig = (
  stream: string,
  subjects: Subjects,
): Partial<StreamConfig> & { name: string } => ({
  name: revocationStream(stream),
  subjects: [subjects.revocations],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.New,
  max_age: 0,
  max_msgs_per_subject: 1,
  allow_msg_ttl: true,
});

const DAY_MS = 86_400_000;
/** How long a revocation is remembered where neither the options nor the caller say. */
const REMEMBERED_MS = 30 * DAY_MS;
/** By so much longer than its token may count: clocks are apart, and a token may be valid for a while after its end. */
const MARGIN_MS = 60_000;
/** No time to live is longer than the server can count. */
const LONGEST_MS = 36_500 * DAY_MS;
/** What nobody announced is known after so long. */
const LOOK_MS = 1_000;
/** The whole is read by so many at a time, each a part of it. */
const READERS = 16;

/**
 * The tokens that do not count any more although their time is not over. Whoever lets people in follows them: what is
 * published to the stream is heard at once, and every second, and whenever the connection was lost, what the stream has
 * beyond what was heard is read from its leader. What is known stays known while the server is away.
 */
export class Revocations {
  readonly #known = new RevokedTokens();
  readonly #stopping: (() => void)[] = [];
  #next = 1;
  /** Counts the interruptions: what was read before the last one may be less than all. */
  #era = 0;
  #looking = false;
  #wasRead = false;
  #hindrance: string | null = 'it was not read yet which tokens are revoked';

  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
    private readonly publisher: Publisher,
    private readonly rememberMs = REMEMBERED_MS,
  ) {}

  /** From now on it is known here what is revoked, by whomever, until the log is closed. */
  follow(): this {
    if (this.#stopping.length > 0) return this;
    const subscription = this.connection.nats.subscribe(this.subjects.revocations, {
      callback: (error, message) => {
        // Without the right to listen it is read all the same, later.
        if (!error) this.#take(message.subject, message.string());
      },
    });
    const looks = setInterval(() => {
      this.#known.sweep();
      void this.#look();
    }, LOOK_MS);
    this.#stopping.push(
      this.connection.onPhase((phase) => {
        this.#era++;
        this.#beginAnew('the connection to NATS was lost, and it is not read again yet which tokens are revoked');
        if (phase === 'back') void this.#look();
      }),
      () => {
        clearInterval(looks);
        if (!subscription.isClosed()) subscription.unsubscribe();
      },
    );
    void this.#look();
    return this;
  }

  stop(): void {
    for (const stop of this.#stopping) stop();
  }

  /** Why something may be revoked that is not known here, or null. */
  get hindrance(): string | null {
    return this.#hindrance;
  }

  /** By what is known here. @throws LogUnavailable where the whole was never read since {@link follow} */
  isRevoked(token: TokenFacts): boolean {
    if (!this.#wasRead) throw new LogUnavailable(this.#hindrance ?? '');
    return this.#known.has(token);
  }

  /**
   * Revokes all tokens of a person that were issued up to now, and those that do not say when they were; tokens that are
   * issued later are good. @throws LogUnavailable, OutcomeUnknown
   */
  async revokePerson(userId: string): Promise<void> {
    await this.#store(this.subjects.personRevoked(userId), Date.now() + this.rememberMs);
  }

  /**
   * Revokes the token of this id.
   * @param until when it ends, in ms since 1970; where nobody knows, the longest life of a token from now on
   * @throws LogUnavailable, OutcomeUnknown
   */
  async revokeToken(jti: string, until = Date.now() + this.rememberMs): Promise<void> {
    await this.#store(this.subjects.tokenRevoked(jti), until);
  }

  async #store(subject: string, until: number): Promise<void> {
    const at = Date.now();
    const asked = { at, until: Math.min(until, at + LONGEST_MS) + MARGIN_MS };
    if (asked.until <= at) return;
    const last = await this.#message({ last_by_subj: subject });
    const before = last && read(last.string());
    const revocation = before ? joined(before, asked) : asked;
    const text = JSON.stringify(revocation);
    const ttl = headers();
    ttl.set('Nats-TTL', String(Math.ceil((revocation.until - at) / 1_000)));
    await this.publisher.publish(subject, text, ttl);
    // The stream may answer before it is heard.
    this.#take(subject, text);
  }

  #take(subject: string, text: string): void {
    const revocation = read(text);
    if (!revocation) return;
    const { userId, jti } = this.subjects.revokedBy(subject);
    if (userId !== undefined) this.#known.addPerson(userId, revocation);
    else if (jti !== undefined) this.#known.addToken(jti, revocation);
  }

  #beginAnew(hindrance: string | null): void {
    this.#next = 1;
    this.#hindrance = hindrance;
  }

  /** Reads what the stream has beyond what was read. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const era = this.#era;
    try {
      const next = await this.#readFrom(this.#next);
      this.#wasRead = true;
      if (era === this.#era) {
        this.#next = next;
        this.#hindrance = null;
      }
    } catch (error) {
      const reason = `it cannot be read which tokens are revoked: ${(error as Error).message}`;
      // What was all is all still: the stream takes nothing while it does not answer, and what it takes is announced.
      if (era === this.#era) this.#beginAnew(this.#hindrance && reason);
    } finally {
      this.#looking = false;
    }
    // What was lost meanwhile is back.
    if (era !== this.#era && this.connection.connected) void this.#look();
  }

  /** @returns the sequence to go on from */
  async #readFrom(from: number): Promise<number> {
    const next_by_subj = this.subjects.revocations;
    const first = await this.#message({ seq: from, next_by_subj });
    if (!first) return from;
    const last = (await this.#message({ last_by_subj: next_by_subj })) ?? first;
    const size = Math.ceil((last.seq - first.seq + 1) / READERS);
    const parts = Array.from({ length: READERS }, (_, i) => first.seq + i * size).filter((begin) => begin <= last.seq);
    await Promise.all(
      parts.map(async (begin) => {
        for (let seq = begin; ;) {
          const message = await this.#message({ seq, next_by_subj });
          if (!message || message.seq >= begin + size) return;
          this.#take(message.subject, message.string());
          seq = message.seq + 1;
        }
      }),
    );
    return last.seq + 1;
  }

  #message(query: MsgRequest | { readonly seq: number; readonly next_by_subj: string }): Promise<StoredMsg | null> {
    const { streams } = this.connection.jetstream;
    const name = revocationStream(this.stream);
    return this.connection.answerOfStream(name, () => streams.getMessage(name, query));
  }
}

/** Null for what is none: nothing of ours. */
function read(text: string): Revocation | null {
  try {
    const { at, until } = JSON.parse(text) as Partial<Revocation>;
    return typeof at === 'number' && typeof until === 'number' ? { at, until } : null;
  } catch {
    return null;
  }
}
