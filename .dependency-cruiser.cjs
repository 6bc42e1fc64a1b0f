/**
 * The rule of imports. A library may import only what is listed for it here; an app may import any library but no
 * other app, except `standalone`, which is all of them in one process, and `workbench`, which no other imports. Nothing
 * imports in a circle.
 */
const libraries = {
  domain: [],
  tracing: [],
  'event-store': ['domain', 'tracing'],
  'read-models': ['domain'],
  projections: ['domain', 'event-store', 'read-models', 'tracing'],
  protocol: ['domain'],
  operations: ['domain', 'event-store', 'read-models', 'projections', 'protocol'],
  settings: ['domain', 'event-store', 'projections', 'tracing'],
  platform: ['domain', 'event-store', 'read-models', 'projections', 'protocol', 'settings', 'tracing'],
  http: ['domain', 'protocol', 'settings', 'platform', 'tracing'],
  client: [],
};

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '((^|/)dist/|^@parley/client)' },
    },
    {
      name: 'libraries-do-not-import-apps',
      comment: 'What the client is tested on is the whole of a server.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/client/test/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-do-not-import-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/(standalone|workbench|[^/]+/test)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'the-page-knows-the-server-by-its-client-only',
      comment: 'It is built for browsers, with @parley/client as it is published.',
      severity: 'error',
      from: { path: '^apps/web/src/' },
      to: { path: '^(libs|apps)/', pathNot: '^apps/web/src/' },
    },
    {
      name: 'nothing-needs-the-workbench',
      severity: 'error',
      from: { pathNot: '^(apps/(workbench/|[^/]+/test/)|libs/client/test/)' },
      to: { path: '^apps/workbench/' },
    },
    ...Object.entries(libraries).map(([library, allowed]) => ({
      name: `${library}-imports-only-${allowed.join('-') || 'itself'}`,
      severity: 'error',
      from: { path: `^libs/${library}/src/` },
      to: { path: '^libs/', pathNot: `^libs/(${[library, ...allowed].join('|')})/` },
    })),
    {
      name: 'a-library-is-entered-by-its-index',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/', pathNot: '/test/' },
      to: { path: '^libs/', pathNot: '(^libs/$2/src/|/src/index\\.ts$)' },
    },
    {
      name: 'tests-enter-a-library-by-its-index-or-its-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/test/' },
      to: { path: '^libs/', pathNot: '(^libs/$2/|/src/index\\.ts$|^libs/[^/]+/test/)' },
    },
    {
      name: 'what-reads-the-log-loads-no-server',
      comment: 'These commands are there at once: Nest alone would be a third of a second and 30 MB.',
      severity: 'error',
      from: { path: '^apps/chatctl/src/(at|diff|export|play|replay|report|sql)/' },
      to: { path: 'node_modules/@nestjs/', reachable: true },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^libs/domain/src/' },
      to: { dependencyTypes: ['npm', 'core'], pathNot: '(@sinclair/typebox|^crypto$|^node:crypto$)' },
    },
    {
      name: 'only-event-store-imports-nats',
      severity: 'error',
      from: {
        pathNot: '^(libs/event-store/|apps/workbench/test/|apps/workbench/src/(bench/erasure/key-backup|drill/alerts))',
      },
      to: { path: 'node_modules/@nats-io/' },
    },
    {
      name: 'only-tracing-imports-opentelemetry',
      severity: 'error',
      from: { pathNot: '^libs/tracing/' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'only-metrics-import-the-library-for-them',
      severity: 'error',
      from: { pathNot: '^libs/platform/src/metrics/metrics\\.ts$' },
      to: { path: 'node_modules/prom-client/' },
    },
    {
      name: 'only-the-mongodb-adapter-imports-the-driver',
      severity: 'error',
      from: { pathNot: '^(libs/read-models/(src/mongodb|test)/|apps/workbench/src/drill/dropped-database)' },
      to: { path: 'node_modules/mongodb/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
