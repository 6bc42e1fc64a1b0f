import type { OpenMetricsContentType, Registry as RegistryOf } from 'prom-client';

/** One value of a figure, at the moment that it is asked for. */
export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
}

/** Each of few values that are known beforehand: no person, no room, nothing that a client sends. */
export type Labels = Readonly<Record<string, string>>;

/** What something is called, and what it says. */
export interface Named {
  /** By Prometheus' conventions: `parley_`, the unit, `_total` for what only grows. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** What is counted elsewhere, in plain numbers, and read when it is asked for. */
export interface Figure extends Named {
  /** A counter only grows, from 0 at the start of whatever counts. */
  readonly type: 'counter' | 'gauge';
  /** One that fails, or takes long, is left out of this answer. */
  readonly read: () => Iterable<Sample> | Promise<Iterable<Sample>>;
}

/** What one of them is. */
export interface Described extends Named {
  readonly type: 'counter' | 'gauge' | 'histogram';
}

/** Takes how long something took, in seconds. */
export type Observe = (seconds: number, labels?: Labels) => void;

/** From a fast disk's time to the longest that anything is waited for. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Gauges whose names end as those of counters do, which Prometheus' own check refuses; `nodejs_active_resources` says it. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Whoever scrapes waits for 10 s as a rule. Milliseconds. */
const READ_TIME = 3_000;

/**
 * How often it is looked whether the event loop is late, ms. Each look wakes the process: every 10 ms, as by default, took
 * 2 ms of each second of a process that does nothing, most of what metrics cost.
 */
const LOOK_AT_LOOP = 100;

type Library = typeof import('prom-client');

/** Everything that a process tells of itself to whoever measures it: one registry, of which nothing is global. */
export class Metrics {
  /** Everything but Node's own, in the order that it was added. */
  readonly described: Described[] = [];
  private readonly registry: RegistryOf<OpenMetricsContentType>;

  private constructor(private readonly library: Library) {
    const { Registry } = library;
    this.registry = new Registry<OpenMetricsContentType>();
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    library.collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LOOK_AT_LOOP });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  /** With Node's own. The library is loaded only here: who measures nothing pays for nothing. */
  static async load(): Promise<Metrics> {
    return new Metrics(await import('prom-client'));
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** How long something takes, from 1 ms to 10 s. */
  histogram({ name, help, labels = [] }: Named): Observe {
    this.described.push({ name, help, labels, type: 'histogram' });
    const { Histogram } = this.library;
    const histogram = new Histogram({
      ...{ name, help, labelNames: [...labels], buckets: SECONDS },
      registers: [this.registry],
    });
    return (seconds, values = {}) => {
      histogram.observe(values, seconds);
    };
  }

  add(...figures: readonly Figure[]): void {
    for (const figure of figures) this.addFigure(figure);
  }

  /** In the OpenMetrics format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private addFigure({ name, help, labels = [], type, read }: Figure): void {
    this.described.push({ name, help, labels, type });
    const { Counter, Gauge } = this.library;
    const common = { name, help, labelNames: [...labels], registers: [this.registry] };
    const show = async (reset: () => void, set: (sample: Sample) => void): Promise<void> => {
      const samples = await inTime(read);
      reset();
      for (const sample of samples) set(sample);
    };
    if (type === 'counter') {
      new Counter({
        ...common,
        collect() {
          return show(
            () => {
              this.reset();
            },
            ({ value, labels: given = {} }) => {
              this.inc(given, value);
            },
          );
        },
      });
    } else {
      new Gauge({
        ...common,
        collect() {
          return show(
            () => {
              this.reset();
              // What has no labels is 0 after that, and what is not known is nothing.
              if (labels.length === 0) this.remove();
            },
            ({ value, labels: given = {} }) => {
              this.set(given, value);
            },
          );
        },
      });
    }
  }
}

async function inTime(read: Figure['read']): Promise<Iterable<Sample>> {
  const timer = Promise.withResolvers<[]>();
  const timeout = setTimeout(() => {
    timer.resolve([]);
  }, READ_TIME);
  try {
    return await Promise.race([Promise.resolve(read()).catch(() => []), timer.promise]);
  } catch {
    return [];
  } finally {
    clearTimeout(timeout);
  }
}

/** What several figures are read from is read once for all that ask while it is. */
export function readOnce<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null;
  return () => {
    reading ??= read().finally(() => (reading = null));
    return reading;
  };
}
