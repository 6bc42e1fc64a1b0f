import type { DeadLetter, LogRecord } from '#event-store';
import { beginOf, isTracing, type Step } from '#tracing';

/** Older events are traced no more, ms: who folds a log from its beginning is no part of what was said a year ago. */
const TRACED_FOR = 15 * 60_000;

/** What a change says of the step that it is told by; nothing where that is not traced. */
export interface Traced {
  readonly traceparent?: string;
}

/**
 * The steps of those events of a round that are traced. Each is the next step of the one that stored it: a round is of
 * many events, and of none of their traces.
 */
export class TracedRound {
  /** By the traceparents that their events were stored with. */
  private readonly steps = new Map<string, { readonly seq: number; readonly step: Step }>();

  private constructor(
    private readonly projection: string,
    records: readonly LogRecord[],
    now: number,
  ) {
    for (const { traceparent, at, seq, partition, id, type } of records) {
      if (traceparent === undefined || at < now - TRACED_FOR) continue;
      const step = beginOf(traceparent, `fold ${projection}`, 'consumer', {
        'messaging.system': 'nats',
        'messaging.operation.name': 'fold',
        'messaging.operation.type': 'process',
        'messaging.consumer.group.name': projection,
        'messaging.destination.partition.id': String(partition),
        'messaging.message.id': id,
        'messaging.batch.message_count': records.length,
        'parley.event.type': type,
        'parley.log.sequence': seq,
      });
      if (step) this.steps.set(traceparent, { seq, step });
    }
  }

  /** Null where nothing of it is traced. @param now by the calendar, ms since 1970 */
  static of(projection: string, records: readonly LogRecord[], now: () => number): TracedRound | null {
    if (!isTracing()) return null;
    const round = new TracedRound(projection, records, now());
    return round.steps.size === 0 ? null : round;
  }

  /** Tells the changes, each that is traced as a step of its own, which goes with it. */
  tell<Change>(changes: readonly Change[], tell: (changes: readonly Change[]) => void): void {
    const telling: Step[] = [];
    const told = changes.map((change) => {
      const { traceparent } = change as Traced;
      const fold = traceparent === undefined ? undefined : this.steps.get(traceparent);
      const step = fold && beginOf(fold.step.traceparent, 'publish live', 'producer', this.factsOfTelling);
      if (!step) return change;
      telling.push(step);
      return { ...change, traceparent: step.traceparent };
    });
    tell(told);
    for (const step of telling) step.end();
  }

  end(letters: readonly DeadLetter[]): void {
    const dead = new Set(letters.map(({ seq }) => seq));
    for (const { seq, step } of this.steps.values()) step.end({}, dead.has(seq) ? 'dead letter' : null);
  }

  private get factsOfTelling() {
    return {
      'messaging.system': 'nats',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'live',
      'parley.projection': this.projection,
    };
  }
}
