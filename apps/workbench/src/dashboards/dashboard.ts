import {
  type Dashboard as Rendered,
  DashboardCursorSync,
  type GridPos,
  type Panel as RenderedPanel,
  type RowPanel,
  ThresholdsMode,
} from '@grafana/schema';

// Dashboards of Grafana, said shortly: a panel is a title, a unit and what it shows; its place follows from the order.

/** One line of a panel, or several by their labels. */
export interface Query {
  readonly expr: string;
  /** Grafana's template of it: `{{role}}`. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  /** What it tells, and when to look closer. */
  readonly says: string;
  /** One of Grafana's. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** One number instead of a graph; it turns red from here on. */
  readonly stat?: { readonly redFrom?: number };
  readonly stacked?: boolean;
  readonly max?: number;
}

export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** By which it is linked to, for good. */
  readonly uid: string;
  readonly title: string;
  readonly sections: readonly Section[];
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Grafana's grid is so many columns wide. */
const COLUMNS = 24;
const SIZE = { graph: { w: 8, h: 8 }, stat: { w: 3, h: 4 } };

/** The p50 and the p99 of a histogram, over all processes or by a label. */
export function quantiles(histogram: string, by?: string): Query[] {
  const labels = by === undefined ? 'le' : `le, ${by}`;
  return [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (${labels}) (rate(${histogram}_bucket[$__rate_interval])))`,
    legend: `${by === undefined ? '' : `{{${by}}} `}p${quantile * 100}`,
  }));
}

/** What a counter grew by in a second, over all processes or by labels. */
export function perSecond(counter: string, ...by: readonly string[]): Query {
  const sum = by.length === 0 ? 'sum' : `sum by (${by.join(', ')})`;
  return {
    expr: `${sum} (rate(${counter}[$__rate_interval]))`,
    legend: by.length === 0 ? 'all' : by.map((label) => `{{${label}}}`).join(' '),
  };
}

/** As Grafana has it provisioned. */
export function rendered({ uid, title, sections }: Dashboard): string {
  const panels: (RenderedPanel | RowPanel)[] = [];
  let y = 0;
  for (const section of sections) {
    panels.push({
      ...{ id: panels.length + 1, type: 'row', title: section.title, collapsed: false },
      ...{ gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 }, panels: [] },
    });
    let [x, height] = [0, 0];
    for (const panel of section.panels) {
      const { w, h } = panel.stat ? SIZE.stat : SIZE.graph;
      // Numbers stand side by side, graphs below them.
      if (x + w > COLUMNS || (height > 0 && h !== height)) [x, y] = [0, y + height];
      panels.push(renderedPanel(panel, panels.length + 1, { x, y, w, h }));
      [x, height] = [x + w, h];
    }
    y += height;
  }
  const dashboard: Rendered = {
    ...{ uid, title, tags: ['parley'], schemaVersion: 39, version: 1, editable: true },
    ...{ refresh: '30s', time: { from: 'now-1h', to: 'now' }, timezone: 'browser' },
    graphTooltip: DashboardCursorSync.Crosshair,
    links: [
      {
        ...{ type: 'dashboards', title: 'Parley', tags: ['parley'], icon: 'dashboard', tooltip: '' },
        ...{ asDropdown: true, includeVars: true, keepTime: true, targetBlank: false },
      },
    ],
    templating: { list: [{ name: 'datasource', type: 'datasource', label: 'Data source', query: 'prometheus' }] },
    annotations: { list: [] },
    panels,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function renderedPanel(panel: Panel, id: number, gridPos: GridPos): RenderedPanel {
  const { title, says, unit, queries, stat, stacked = false, max } = panel;
  const targets = queries.map(({ expr, legend = '' }, i) => ({
    ...{ refId: String.fromCharCode('A'.charCodeAt(0) + i), datasource: DATASOURCE, expr, legendFormat: legend },
    ...(stat && { instant: true }),
  }));
  const steps = [{ color: 'green', value: null }, ...(stat?.redFrom ? [{ color: 'red', value: stat.redFrom }] : [])];
  const graph = { drawStyle: 'line', lineWidth: 1, fillOpacity: stacked ? 30 : 5, showPoints: 'never' };
  const defaults = {
    ...{ unit, min: 0, ...(max !== undefined && { max }) },
    ...(stat && { thresholds: { mode: ThresholdsMode.Absolute, steps } }),
    ...(!stat && { custom: { ...graph, stacking: { mode: stacked ? 'normal' : 'none', group: 'A' } } }),
  };
  const options = stat
    ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value', graphMode: 'none' }
    : {
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      };
  return {
    ...{ id, type: stat ? 'stat' : 'timeseries', title, description: says, datasource: DATASOURCE, gridPos },
    ...{ targets, fieldConfig: { defaults, overrides: [] }, options },
  };
}
