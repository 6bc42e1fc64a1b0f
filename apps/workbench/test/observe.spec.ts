import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import { COMMAND_OUTCOMES, CLOSE_REASONS } from '../../gateway/src/traffic.js';
import { DASHBOARDS, DASHBOARDS_FOLDER, dashboardFiles } from '../src/made-files.js';
import { bucketBounds, faultsOf, knownMetrics, type KnownMetrics } from './known-metrics.js';
import { itWith } from './optional-tool.js';
import { parsed } from './promql.js';

// Dashboards and alerts ask for what there is, and lead to what is to be done.

const PROMETHEUS = 'deploy/observe/prometheus';
const RULES = readdirSync(join(PROMETHEUS, 'rules')).map((name) => join(PROMETHEUS, 'rules', name));
const CASES = readdirSync(join(PROMETHEUS, 'tests')).map((name) => join(PROMETHEUS, 'tests', name));
const read = (file: string) => load(readFileSync(file, 'utf8'));

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Case {
  readonly alertname: string;
  readonly exp_alerts: readonly { readonly exp_labels: Readonly<Record<string, string>> }[];
}
interface Tests {
  readonly tests: readonly { readonly alert_rule_test?: readonly Case[] }[];
}
interface Shown {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly description?: string;
    readonly datasource?: { readonly uid: string };
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

const rules = RULES.flatMap((file) => (read(file) as { groups: { rules: Rule[] }[] }).groups).flatMap((g) => g.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const shown = readdirSync(DASHBOARDS_FOLDER).map(
  (name) => JSON.parse(readFileSync(join(DASHBOARDS_FOLDER, name), 'utf8')) as Shown,
);
const panels = shown.flatMap(({ uid, panels: all }) =>
  all.filter(({ type }) => type !== 'row').map((panel) => ({ ...panel, at: `${uid}: ${panel.title}` })),
);
const expressions = [
  ...rules.map(({ alert, record, expr }) => ({ at: alert ?? record!, expr })),
  ...panels.flatMap(({ at, targets }) => targets!.map(({ expr }) => ({ at, expr }))),
];
/** Values that are asked for and can be wrong without anybody noticing. */
const VALUES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  parley_gateway_commands_total: { outcome: COMMAND_OUTCOMES },
  parley_gateway_closed_sockets_total: { reason: CLOSE_REASONS },
  parley_log_appends_total: { outcome: ['stored', 'duplicate', 'conflict', 'not_stored', 'unknown'] },
  up: { job: ['parley'], role: ['gateway', 'projector', 'query'] },
};
const promtool = itWith('promtool', '--version');

describe('what is observed', () => {
  let known: KnownMetrics;
  let bounds: Set<string>;

  beforeAll(async () => {
    known = await knownMetrics();
    bounds = await bucketBounds();
    for (const { record, expr } of rules) if (record !== undefined) known.set(record, new Set(parsed(expr).by));
  });

  it('is of metrics and labels that exist', () => {
    expect(expressions.length).toBeGreaterThan(60);
    expect(known.get('parley_gateway_frames_total')).toContain('event');
    const wrong = expressions.flatMap(({ at, expr }) =>
      faultsOf(parsed(expr), known).map((fault) => `${at}: ${fault}`),
    );
    expect(wrong).toEqual([]);
  });

  it('is of values of labels that exist', () => {
    const wrong: string[] = [];
    for (const { at, expr } of expressions) {
      for (const { metric, matchers } of parsed(expr).selectors) {
        for (const { label, value } of matchers) {
          const values = label === 'le' ? [...bounds] : VALUES[metric]?.[label];
          for (const one of values ? value.split('|') : []) if (!values!.includes(one)) wrong.push(`${at}: ${one}`);
        }
      }
    }
    expect(bounds).toContain('0.5');
    expect(wrong).toEqual([]);
  });

  it('would be found to ask for what is not there', () => {
    const faults = (expr: string) => faultsOf(parsed(expr), known);
    expect(faults('rate(parley_gateway_frames_total{user="7"}[5m])')).toHaveLength(1);
    expect(faults('sum by (room) (parley_gateway_sockets)')).toHaveLength(1);
    expect(faults('parley_gateway_command_duration_seconds')).toHaveLength(1);
    expect(faults('parley:commands:rate5m + parley_gateway_deliveries')).toHaveLength(1);
    expect(() => parsed('sum(rate(up[5m])')).toThrow('no PromQL');
  });

  it('is told of in alerts that say what to do, each with a heading in the runbook', () => {
    const page = readFileSync('docs/runbook.md', 'utf8');
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) => anchorOf(title!));
    for (const { alert, labels, annotations } of alerts) {
      expect(['critical', 'warning']).toContain(labels?.['severity']);
      expect(annotations?.['summary']).toMatch(/\S/);
      const [file, anchor] = annotations!['runbook']!.split('#');
      expect(file).toBe('docs/runbook.md');
      expect(anchor).toBe(anchorOf(alert!));
      expect(anchors).toContain(anchor);
    }
    const headings = [...page.matchAll(/^#+ (Parley\w+)$/gm)].map(([, name]) => name!);
    expect(headings.sort()).toEqual([...new Set(alerts.map(({ alert }) => alert!))].sort());
  });

  it('has a case for each alert', () => {
    const cases = CASES.flatMap((file) => (read(file) as Tests).tests).flatMap((test) => test.alert_rule_test ?? []);
    const of = (alert: string, severity: string | undefined) => `${alert} ${severity ?? ''}`;
    const tried = cases.flatMap(({ alertname, exp_alerts: told }) =>
      told.map(({ exp_labels: labels }) => of(alertname, labels['severity'])),
    );
    const quiet = cases.filter(({ exp_alerts: told }) => told.length === 0).map(({ alertname }) => alertname);
    expect([...new Set(tried)].sort()).toEqual(
      alerts.map(({ alert, labels }) => of(alert!, labels!['severity'])).sort(),
    );
    expect(alerts.filter(({ alert }) => !quiet.includes(alert!))).toEqual([]);
  });

  promtool(
    'passes the checks of Prometheus itself',
    () => {
      const run = (...args: string[]) => execFileSync('promtool', args, { encoding: 'utf8', cwd: PROMETHEUS });
      expect(run('check', 'config', 'prometheus.yml')).toContain('SUCCESS');
      const files = CASES.map((file) => file.slice(PROMETHEUS.length + 1));
      expect(run('test', 'rules', ...files)).not.toContain('FAILED');
    },
    120_000,
  );
});

describe('the dashboards', () => {
  it('are those of the sources: npm run docs', () => {
    const files = dashboardFiles();
    expect(readdirSync(DASHBOARDS_FOLDER).sort()).toEqual([...files.keys()].sort());
    for (const [name, text] of files) expect(readFileSync(join(DASHBOARDS_FOLDER, name), 'utf8')).toBe(text);
  });

  it('have uids of their own, and ask the data source that is chosen', () => {
    expect(new Set(shown.map(({ uid }) => uid)).size).toBe(DASHBOARDS.length);
    for (const { templating } of shown)
      expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
    expect(panels.filter(({ datasource }) => datasource?.uid !== '${datasource}')).toEqual([]);
  });

  it('have a title, a unit of Grafana’s and a word of what it tells on every panel', () => {
    const units = ['short', 's', 'reqps', 'ops', 'percentunit', 'bytes', 'Bps'];
    const wrong = panels.filter(
      ({ title, description, fieldConfig }) =>
        !title || !description || !units.includes(fieldConfig?.defaults.unit ?? ''),
    );
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });

  it('have panels side by side, none over another, within the grid', () => {
    for (const { uid, panels: all } of shown) {
      const cells = new Set<string>();
      for (const { title, gridPos } of all) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect([cells.has(`${x} ${y}`), uid, title]).toEqual([false, uid, title]);
            cells.add(`${x} ${y}`);
          }
        }
      }
    }
  });

  it('name lines by labels that are there', async () => {
    const known = await knownMetrics();
    for (const { record, expr } of rules) if (record !== undefined) known.set(record, new Set(parsed(expr).by));
    const wrong = panels.flatMap(({ at, targets }) =>
      targets!.flatMap(({ expr, legendFormat }) => {
        const { selectors, grouping } = parsed(expr);
        // What is summed has the labels that it is summed by, and no other.
        const has = grouping.length > 0 ? grouping : selectors.flatMap(({ metric }) => [...known.get(metric)!]);
        const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
        return named.filter((label) => !has.includes(label)).map((label) => `${at}: ${label}`);
      }),
    );
    expect(wrong).toEqual([]);
  });
});

/** As Markdown makes it of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      { readonly image?: string; readonly profiles?: readonly string[]; readonly volumes?: readonly string[] }
    >
  >;
}

describe('Prometheus and Grafana in Docker Compose', () => {
  const text = readFileSync('docker-compose.yml', 'utf8');
  const { services } = load(text) as Compose;

  it('are of a version each, in a profile, with files that are there', () => {
    for (const name of ['prometheus', 'grafana']) {
      const { image, profiles, volumes } = services[name]!;
      expect(image).toMatch(/:v?\d+\.\d+/);
      expect(profiles).toEqual(['observe']);
      const files = volumes!.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':')[0]!);
      expect(files).toHaveLength(2);
      expect(files.filter((file) => !existsSync(file))).toEqual([]);
    }
  });

  it('scrape every role where it tells of itself', () => {
    const [, port] = /METRICS_PORT: \$\{METRICS_PORT:-(\d+)\}/.exec(text)!;
    const config = readFileSync(join(PROMETHEUS, 'prometheus.yml'), 'utf8');
    const targets = [...config.matchAll(/'([\w-]+):(\d+)'/g)].map(([, host, at]) => [host, at]);
    targets.push([/names: \[(\w+)\]/.exec(config)![1], /port: (\d+)/.exec(config)![1]]);
    expect(targets.map(([host]) => host).sort()).toEqual(['gateway-1', 'gateway-2', 'projector', 'query']);
    for (const [host, at] of targets) {
      expect(services).toHaveProperty([host!]);
      expect(at).toBe(port);
    }
    // `role`, `job`: what the rules go by.
    expect(config).toMatch(/job_name: parley/);
    expect(config).toMatch(/source_labels: \[__meta_dns_name\].*target_label: role/);
    for (const role of ['gateway', 'query']) expect(config).toContain(`labels: { role: ${role} }`);
  });

  it('have Grafana find Prometheus and the dashboards', () => {
    const [source] = (read('deploy/observe/grafana/provisioning/datasources/prometheus.yml') as Sources).datasources;
    expect(source).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true });
    const [folder] = (read('deploy/observe/grafana/provisioning/dashboards/parley.yml') as Providers).providers;
    expect(services['grafana']!.volumes).toContain(`./${DASHBOARDS_FOLDER}:${folder!.options.path}:ro`);
  });
});

interface Sources {
  readonly datasources: readonly object[];
}
interface Providers {
  readonly providers: readonly { readonly options: { readonly path: string } }[];
}
