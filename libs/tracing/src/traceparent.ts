import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';

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
