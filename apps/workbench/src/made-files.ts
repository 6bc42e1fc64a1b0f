import { readFileSync } from 'node:fs';
import { schemasText } from '../../chatctl/src/schema/schema.js';
import { type Dashboard, rendered } from './dashboards/dashboard.js';
import { gateways } from './dashboards/gateways.js';
import { overview } from './dashboards/overview.js';
import { projectionsDashboard } from './dashboards/projections.js';
import { servers } from './dashboards/servers.js';
import { eventsPage } from './events-page.js';

// What is made from the code, or from another file, and stands in the repository: `npm run docs` writes it, and tests see
// that it is what it would be.

export const DASHBOARDS: readonly Dashboard[] = [overview, gateways, projectionsDashboard, servers];

/** Where Grafana is given them. */
export const DASHBOARDS_FOLDER = 'deploy/observe/grafana/dashboards';

/** The files of the dashboards, by their names. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map(DASHBOARDS.map((dashboard) => [`${dashboard.uid}.json`, rendered(dashboard)]));

/** The part of deploy/nats/nats-server.conf that says who may do what: what the chart of NATS is given. */
export function usersOf(config: string): string {
  const from = config.indexOf('\nauthorization {');
  if (from < 0) throw new Error('there is no `authorization` in the configuration of NATS');
  return `# Made by \`npm run docs\` of deploy/nats/nats-server.conf.\n${config.slice(from + 1)}`;
}

/** What `npm run check` compares the schemas of the code with. */
export const SCHEMAS = 'docs/events.schema.json';

/** All of them, by their paths. */
export const madeFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/events.md', eventsPage('libs/domain/test/fixtures')],
    [SCHEMAS, schemasText()],
    ...[...dashboardFiles()].map(([name, text]) => [`${DASHBOARDS_FOLDER}/${name}`, text] as const),
    ['deploy/kubernetes/nats/users.conf', usersOf(readFileSync('deploy/nats/nats-server.conf', 'utf8'))],
  ]);
