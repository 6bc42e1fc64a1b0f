import { readFileSync } from 'node:fs';
import { Metrics } from '#platform';
import type { Expression } from './promql.js';

/** The labels of each metric that can be asked for, by its name as it stands in an expression. */
export type KnownMetrics = Map<string, ReadonlySet<string>>;

/** What Prometheus gives every target, as deploy/observe/prometheus/prometheus.yml has it. */
export const TARGET_LABELS = ['job', 'instance', 'role'];

/**
 * Everything that the roles tell, by the tables of docs/operations.md, which another suite holds to what is scraped of
 * them; Node's own; and what Prometheus makes itself.
 */
export async function knownMetrics(): Promise<KnownMetrics> {
  const known: KnownMetrics = new Map();
  const add = (name: string, labels: readonly string[], type: string) => {
    const names = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name];
    for (const each of names) {
      known.set(each, new Set([...labels, ...TARGET_LABELS, ...(each.endsWith('_bucket') ? ['le'] : [])]));
    }
  };
  const page = readFileSync('docs/operations.md', 'utf8');
  for (const [, name, type, labels] of page.matchAll(/^\| `(parley_\w+)` \| (\w+) \| ([^|]*) \|/gm)) {
    add(
      name!,
      [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
      type!,
    );
  }
  const text = await (await Metrics.load()).text();
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\w+)$/gm)) {
    const labels = name === 'nodejs_gc_duration_seconds' ? ['kind'] : [];
    add(type === 'counter' ? `${name!}_total` : name!, labels, type!);
  }
  add('up', [], 'gauge');
  add('ALERTS', ['alertname', 'alertstate', 'severity'], 'gauge');
  return known;
}

/** What is wrong with an expression: a metric or a label that does not exist. */
export function faultsOf({ selectors, grouping }: Expression, known: KnownMetrics): string[] {
  const faults: string[] = [];
  const labels = new Set<string>();
  for (const { metric, matchers } of selectors) {
    const has = known.get(metric);
    if (!has) {
      faults.push(`no metric ${metric}`);
      continue;
    }
    for (const label of has) labels.add(label);
    for (const { label } of matchers) if (!has.has(label)) faults.push(`${metric} has no label ${label}`);
  }
  for (const label of grouping) if (!labels.has(label)) faults.push(`nothing here has a label ${label}`);
  return faults;
}

/** The bounds of the buckets of every histogram, as they stand in `le`. */
export async function bucketBounds(): Promise<Set<string>> {
  const metrics = await Metrics.load();
  metrics.histogram({ name: 'parley_tried_seconds', help: 'Tried.' })(1);
  const text = await metrics.text();
  return new Set([...text.matchAll(/^parley_tried_seconds_bucket\{le="([^"]+)"/gm)].map(([, bound]) => bound!));
}
