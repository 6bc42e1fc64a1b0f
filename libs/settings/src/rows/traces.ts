import { type SamplerName, SAMPLERS } from '#tracing';
import { every, oneOf, row, Unfit, url } from './setting.js';

const ratio = (text: string): number => {
  const value = /^\d{1,3}(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 1) return value;
  throw new Unfit('give a number from 0 to 1, such as 0.01');
};

/**
 * Where traces go, and of what. The names are OpenTelemetry's own; what else it knows of where they go and whose they
 * are (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, …) is read by its packages themselves, once something is traced.
 */
export const traceRows = {
  OTEL_EXPORTER_OTLP_ENDPOINT: row({
    type: 'URL',
    default: null,
    roles: every,
    meaning: 'Where traces are sent, by OTLP over HTTP: `/v1/traces` there; without it nothing is traced.',
    read: url('http://127.0.0.1:4318', 'http:', 'https:'),
  }),
  OTEL_TRACES_SAMPLER: row({
    type: 'name',
    default: 'parentbased_always_on',
    roles: every,
    meaning: `What is traced: ${SAMPLERS.slice(0, -1).join(', ')} or ${SAMPLERS.at(-1)}.`,
    read: oneOf<SamplerName>(...SAMPLERS),
  }),
  OTEL_TRACES_SAMPLER_ARG: row({
    type: 'number, 0–1',
    default: '1',
    roles: every,
    meaning: 'The part of all that the samplers by ratio trace.',
    read: ratio,
  }),
};
