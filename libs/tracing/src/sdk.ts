import { context, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingOptions } from './options.js';

/** What is left at the end is given up after so long: a collector that is away must not hold a process. Milliseconds. */
const LAST_LIMIT = 1_000;

/** How much a process holds of what is not handed over yet: what is more is dropped. */
const QUEUE = 2_048;

/** Loaded only where something is traced. */
export function openSdk(options: TracingOptions): { readonly tracer: Tracer; readonly close: () => Promise<void> } {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': options.service }))
    .merge(
      detectResources({
        detectors: [serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector],
      }),
    );
  const exporter = telling(new OTLPTraceExporter(), options.onLost);
  const provider = new TracerProvider({
    resource,
    sampler: samplerOf(options),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: QUEUE })],
  });
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  return {
    tracer: provider.getTracer('parley'),
    close: async () => {
      context.disable();
      let late: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => (late = setTimeout(resolve, LAST_LIMIT)));
      // What could not be handed over is told by the exporter.
      await Promise.race([provider.shutdown().catch(() => undefined), limit]);
      clearTimeout(late);
    },
  };
}

/** An exporter that says what it lost: by itself the SDK says that to nobody. */
function telling(exporter: SpanExporter, onLost: TracingOptions['onLost']): SpanExporter {
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        if (result.error) onLost(spans.length, result.error.message);
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

function samplerOf({ sampler, ratio }: TracingOptions): Sampler {
  const name = sampler.replace('parentbased_', '');
  const root =
    name === 'traceidratio'
      ? new TraceIdRatioBasedSampler(ratio)
      : name === 'always_off'
        ? new AlwaysOffSampler()
        : new AlwaysOnSampler();
  return sampler === name ? root : new ParentBasedSampler({ root });
}
