export { beginIn, beginOf, beginTrace, isTracing, startTracing } from './tracing.js';
export { SAMPLERS, type SamplerName, type TracingOptions } from './options.js';
export type { Facts, Step, StepKind } from './step.js';
