/** The values of `OTEL_TRACES_SAMPLER`, as OpenTelemetry has them. */
export const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export interface TracingOptions {
  /** What this process is called where `OTEL_SERVICE_NAME` does not say it. */
  readonly service: string;
  readonly sampler: SamplerName;
  /** For the samplers that keep a part of all: from 0 to 1. */
  readonly ratio: number;
  /** Is told why spans could not be handed over: they are gone then. */
  readonly onLost: (spans: number, reason: string) => void;
}
