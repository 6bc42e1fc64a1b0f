import type { StreamInfo } from '@nats-io/jetstream';
import type { Connection } from './connection.js';
import { type AppendOutcome, type LogObserver, OutcomeUnknown, type Stored } from './outcomes.js';
import type { Publisher } from './publisher.js';
import type { Subjects } from './subjects.js';

/** What was found is taken for true for so long, ms: that events are stored, and that they are not. */
const STORES_MS = 3_000;
const HINDERED_MS = 2_000;
const TRIAL_LIMIT_MS = 2_000;
/** What was found that long ago is no answer any more: whoever asks waits for another trial. */
const STALE_MS = 10_000;
/** A stream that had no room on its disk may answer no event ever again, while all others do. */
const DOUBT_MS = 60_000;
/** Less than this is no answer that was waited for. */
const WAITED_MS = 2_000;
/** Larger than the smallest unit of a disk, or a full one would have room for it. */
const TRIAL_RECORD = ' '.repeat(8_192);
/** A stream with less room than this is full, bytes. */
const LEAST_ROOM = 65_536;

const AWAY = 'the log is away: see that NATS is up';
const SILENT =
  'the log does not say that it stores anything: see the log of nats-server. After "no space left on device" make room ' +
  'and restart it: it does not recover by itself';

/**
 * Whether events can be stored, by what becomes of them. Where none was for a while, something else is stored beside, in
 * a stream on the same disks that counts into the same limits, and replaces what was stored before.
 */
export class AppendWatch {
  private storedAt = -Infinity;
  /** Since when no answer came to what is stored beside; null where one did. */
  private silentSince: number | null = null;
  private doubt: Doubt | null = null;
  private found: { readonly hindrance: string | null; readonly at: number } | null = null;
  private trying: Promise<string | null> | null = null;
  private said: string | null = null;
  private readonly listeners = new Set<(hindrance: string | null) => void>();

  constructor(
    private readonly connection: Connection,
    private readonly publisher: Publisher,
    private readonly stream: string,
    private readonly subjects: Subjects,
    private readonly observer?: LogObserver,
  ) {
    // Another server, or the same one started again.
    connection.onPhase(() => {
      this.silentSince = null;
      this.doubt = null;
      this.found = null;
    });
  }

  /**
   * Is told why events cannot be stored, once, and null when they can again; not that the connection is lost.
   * @returns the way to stop listening
   */
  onChange(listener: (hindrance: string | null) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** What becomes of an event, of which something may be learned. */
  async watch(append: () => Promise<Stored | 'conflict'>): Promise<Stored | 'conflict'> {
    const beganAt = performance.now();
    this.observer?.appending();
    try {
      const outcome = await append();
      this.observe(outcome === 'conflict' ? outcome : outcome.duplicate ? 'duplicate' : 'stored', beganAt);
      // A conflict, or what is there already, is found before anything is stored.
      if (outcome !== 'conflict' && !outcome.duplicate) {
        this.storedAt = performance.now();
        this.doubt = null;
        this.find(null);
      }
      return outcome;
    } catch (error) {
      const endedAt = performance.now();
      this.observe(error instanceof OutcomeUnknown ? 'unknown' : 'not_stored', beganAt);
      if (this.found?.hindrance === null) this.found = null;
      if (this.connection.connected && error instanceof OutcomeUnknown && endedAt - beganAt > WAITED_MS) {
        this.doubt = { beganAt, endedAt };
        this.find(SILENT);
      }
      throw error;
    }
  }

  private observe(outcome: AppendOutcome, beganAt: number): void {
    this.observer?.appended(outcome, (performance.now() - beganAt) / 1_000);
  }

  /** Why events cannot be stored just now, or null: as of 3 s ago at most, or of 10 s where they could not. */
  async hindrance(): Promise<string | null> {
    if (!this.connection.connected) return AWAY;
    const { found } = this;
    const age = found ? performance.now() - found.at : Infinity;
    if (found && age < (found.hindrance === null ? STORES_MS : HINDERED_MS)) return found.hindrance;
    this.trying ??= this.try().finally(() => (this.trying = null));
    // Nobody waits for what is most likely as it was.
    return found?.hindrance && age < STALE_MS ? found.hindrance : this.trying;
  }

  private async try(): Promise<string | null> {
    const beganAt = performance.now();
    const lost = Promise.withResolvers<typeof AWAY>();
    const stop = this.connection.onPhase(() => {
      lost.resolve(AWAY);
    });
    const found = await Promise.race([this.trial(), lost.promise]).finally(stop);
    if (found === AWAY) return AWAY;
    if (found === SILENT) this.silentSince ??= beganAt;
    else this.silentSince = null;
    // Events that are stored meanwhile say more: then only what is beside them is broken.
    const hindrance = this.storedAt > (this.silentSince ?? beganAt) ? null : found;
    this.find(hindrance);
    return hindrance;
  }

  private async trial(): Promise<string | null> {
    const deadline = performance.now() + TRIAL_LIMIT_MS;
    const { jetstream } = this.connection;
    try {
      const [info] = await Promise.all([
        this.connection.answerOfStream(this.stream, () => jetstream.streams.info(this.stream), deadline),
        this.publisher.publish(this.subjects.trial, TRIAL_RECORD, undefined, deadline),
      ]);
      return fullness(info) ?? (this.isInDoubt(info) ? SILENT : null);
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) return (error as Error).message;
      const { complaint } = this.connection;
      return complaint ? `NATS takes no trial of this role: ${complaint}` : SILENT;
    }
  }

  /** Until something has been stored since, by whomever, or the stream has had another leader. */
  private isInDoubt({ ts, state, cluster }: StreamInfo): boolean {
    if (!this.doubt) return false;
    const now = performance.now();
    // Both moments are of the server's own clock.
    const isSince = (moment: string | undefined, since: number): boolean =>
      ts !== undefined && moment !== undefined && Date.parse(ts) - Date.parse(moment) < now - since;
    const { beganAt, endedAt } = this.doubt;
    const isOver =
      now - endedAt > DOUBT_MS || isSince(state.last_ts, endedAt) || isSince(cluster?.leader_since, beganAt);
    if (isOver) this.doubt = null;
    return !isOver;
  }

  private find(hindrance: string | null): void {
    this.found = { hindrance, at: performance.now() };
    this.say(hindrance);
  }

  private say(hindrance: string | null): void {
    if (hindrance === this.said) return;
    this.said = hindrance;
    for (const listener of this.listeners) listener(hindrance);
  }
}

/** An event of which nobody knows what became, by when it was sent and given up, on the monotonic clock. */
interface Doubt {
  readonly beganAt: number;
  readonly endedAt: number;
}

/** Of the events' stream itself, where it has a bound of its own. */
function fullness({ config, state }: StreamInfo): string | null {
  const isFull = (limit: number, used: number): boolean => limit > 0 && used > limit;
  const { name, max_bytes: maxBytes, max_msgs: maxMessages } = config;
  if (isFull(maxBytes, state.bytes + LEAST_ROOM)) return `${name} is full: raise its max_bytes, ${maxBytes} now`;
  if (isFull(maxMessages, state.messages + 1)) return `${name} is full: raise its max_msgs, ${maxMessages} now`;
  return null;
}
