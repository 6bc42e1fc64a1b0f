import { type Context, context, ROOT_CONTEXT, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import type { TracingOptions } from './options.js';
import { contextIn, type Facts, Step, type StepKind } from './step.js';

const STEP_KINDS: Readonly<Record<StepKind, SpanKind>> = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** Null while nothing is traced: then none of what follows does anything. */
let tracer: Tracer | null = null;

/** To be asked before anything is put together for a step: where the answer is no, nothing is. */
export const isTracing = (): boolean => tracer !== null;

/**
 * From now on this process traces, and hands what it has traced to where `OTEL_EXPORTER_OTLP_ENDPOINT` says. What that
 * takes is loaded here: a process that does not trace never does.
 * @returns ends it: what is left is handed over, or given up after a second
 */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  const { openSdk } = await import('./sdk.js');
  const sdk = openSdk(options);
  ({ tracer } = sdk);
  return async () => {
    tracer = null;
    await sdk.close();
  };
}

/** The first step here of what somebody asks: a trace of its own, or the next step of the one that they name. */
export function beginTrace(name: string, traceparent: unknown, facts: Facts): Step | null {
  const parent = contextIn(traceparent);
  return begin(name, 'server', parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT, facts);
}

/** The next step of what is in hand; null where that is not traced. */
export function beginIn(name: string, kind: StepKind, facts: Facts): Step | null {
  const within = context.active();
  return trace.getSpan(within)?.isRecording() ? begin(name, kind, within, facts) : null;
}

/** The next step of what was handed on; null where that was not traced. */
export function beginOf(traceparent: unknown, name: string, kind: StepKind, facts: Facts): Step | null {
  const parent = contextIn(traceparent);
  if (!parent || parent.traceFlags === 0) return null;
  return begin(name, kind, trace.setSpanContext(ROOT_CONTEXT, parent), facts);
}

function begin(name: string, kind: StepKind, within: Context, attributes: Facts): Step | null {
  const span = tracer?.startSpan(name, { kind: STEP_KINDS[kind], attributes }, within);
  return span?.isRecording() ? new Step(span, within) : null;
}
