import type { AppendOutcome, EventLog, LogObserver } from '#event-store';
import type { ReadModelsObserver } from '#read-models';
import type { Metrics } from './metrics.js';

const OUTCOMES: readonly AppendOutcome[] = ['stored', 'duplicate', 'conflict', 'not_stored', 'unknown'];

/** What is told of the log: to be given to it when it is connected. */
export class LogFigures implements LogObserver {
  private readonly counts: Record<AppendOutcome, number> = {
    ...{ stored: 0, duplicate: 0, conflict: 0 },
    ...{ not_stored: 0, unknown: 0 },
  };
  private begun = 0;
  private reconnects = 0;
  private readonly observeAppend;
  readonly answered: LogObserver['answered'];

  constructor(private readonly metrics: Metrics) {
    this.observeAppend = metrics.histogram({
      name: 'parley_log_append_duration_seconds',
      help: 'How long it took until it was known what became of an event, whatever that was.',
    });
    this.answered = metrics.histogram({
      name: 'parley_nats_answer_duration_seconds',
      help: 'How long NATS took to answer what it was asked, appends apart.',
    });
  }

  appending(): void {
    this.begun++;
  }

  appended(outcome: AppendOutcome, seconds: number): void {
    this.counts[outcome]++;
    this.observeAppend(seconds);
  }

  /** To be called once it is connected. */
  follow(log: EventLog): void {
    log.live.onInterrupted((phase) => {
      if (phase === 'back') this.reconnects++;
    });
    this.metrics.add(
      {
        name: 'parley_log_appends_total',
        help: 'Events that were to be stored, by what became of them.',
        type: 'counter',
        labels: ['outcome'],
        read: () => OUTCOMES.map((outcome) => ({ value: this.counts[outcome], labels: { outcome } })),
      },
      {
        name: 'parley_log_appends_in_flight',
        help: 'Events of which it is not known yet what became of them.',
        type: 'gauge',
        read: () => [{ value: this.begun - OUTCOMES.reduce((sum, outcome) => sum + this.counts[outcome], 0) }],
      },
      {
        name: 'parley_nats_connected',
        help: 'Whether there is a connection to NATS: 1 or 0.',
        type: 'gauge',
        read: () => [{ value: Number(log.connected) }],
      },
      {
        name: 'parley_nats_reconnects_total',
        help: 'How often the connection to NATS was back after it had been lost.',
        type: 'counter',
        read: () => [{ value: this.reconnects }],
      },
    );
  }
}

/** What is told of the read models' server: to be given to them when they are opened. */
export class ReadModelFigures implements ReadModelsObserver {
  private readonly counts = { failures: 0, reconnects: 0 };
  private isAway = false;
  /** When the server answered last, in seconds. */
  private answeredAt = -Infinity;
  private readonly observe;

  constructor(metrics: Metrics) {
    this.observe = metrics.histogram({
      name: 'parley_mongodb_operation_duration_seconds',
      help: 'How long an operation on the read models took, those that failed too.',
    });
    metrics.add(
      {
        name: 'parley_mongodb_failures_total',
        help: 'Operations on the read models that failed since the server was away.',
        type: 'counter',
        read: () => [{ value: this.counts.failures }],
      },
      {
        name: 'parley_mongodb_reconnects_total',
        help: 'How often MongoDB answered again after it had been away.',
        type: 'counter',
        read: () => [{ value: this.counts.reconnects }],
      },
    );
  }

  operated(seconds: number, isDone: boolean): void {
    this.observe(seconds);
    const now = performance.now() / 1_000;
    if (isDone) {
      if (this.isAway) this.counts.reconnects++;
      this.isAway = false;
      this.answeredAt = now;
      return;
    }
    this.counts.failures++;
    // One that was asked before the last answer says nothing of now.
    if (now - seconds >= this.answeredAt) this.isAway = true;
  }
}
