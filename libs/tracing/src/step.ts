import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Span,
  type SpanContext,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

// The header `traceparent` of W3C Trace Context. Its companion `tracestate` is a free text of whoever began the trace:
// it is neither read nor written, since what is written stays in the log for good.

const WELL_FORMED = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
/** A later version may have more behind it; this is far beyond what any has. */
const MAX_LENGTH = 256;

/** What a traceparent names; null for what is none, which whoever gets it must ignore. */
export function contextIn(traceparent: unknown): SpanContext | null {
  if (typeof traceparent !== 'string' || traceparent.length > MAX_LENGTH) return null;
  const [, version, traceId = '', spanId = '', flags = '', more] = WELL_FORMED.exec(traceparent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(context) ? context : null;
}

export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}

/** What there is to say of a step: never a text, a name or an id of people, nor a room, whose name may hold one. */
export type Facts = Attributes;

/** What a step is to others: it answers somebody, hands something on, or takes up what was handed on. */
export type StepKind = 'server' | 'producer' | 'consumer';

/** One step of something's way that is traced: a span. Where nothing is traced, there is none. */
export class Step {
  readonly #span: Span;
  readonly #context: Context;

  constructor(span: Span, within: Context) {
    this.#span = span;
    this.#context = trace.setSpan(within, span);
  }

  /** What names this step to whoever takes it up. */
  get traceparent(): string {
    return traceparentOf(this.#span.spanContext());
  }

  /** Does something of which it is the step in hand, also in what that waits for. */
  run<T>(work: () => T): T {
    return context.with(this.#context, work);
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  /** @param failure a word for what went wrong, where something did */
  end(facts: Facts = {}, failure: string | null = null): void {
    this.#span.setAttributes(facts);
    if (failure !== null) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    this.#span.end();
  }

  /** Ends it with what comes of it: with what is to be said of that, or with the name of the error. */
  async until<T>(work: Promise<T>, factsOf: (outcome: T) => Facts): Promise<T> {
    try {
      const outcome = await work;
      this.end(factsOf(outcome));
      return outcome;
    } catch (error) {
      this.end({}, error instanceof Error ? error.name : 'Error');
      throw error;
    }
  }
}
