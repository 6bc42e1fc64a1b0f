import { type Dashboard, rendered } from './dashboard.js';
import { gateways } from './gateways.js';
import { overview } from './overview.js';
import { projectionsDashboard } from './projections.js';
import { servers } from './servers.js';

export const DASHBOARDS: readonly Dashboard[] = [overview, gateways, projectionsDashboard, servers];

/** Where Grafana is given them. */
export const DASHBOARDS_FOLDER = 'deploy/observe/grafana/dashboards';

/** The files of the dashboards, by their names. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map(DASHBOARDS.map((dashboard) => [`${dashboard.uid}.json`, rendered(dashboard)]));
