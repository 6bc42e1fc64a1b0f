import { type Attributes, type Context, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { traceparentOf } from './traceparent.js';

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
