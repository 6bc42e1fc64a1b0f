import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { load, loadAll } from 'js-yaml';
import { PARTITIONS } from '#domain';
import { usersOf } from '../src/made-files.js';
import { faultsOf, knownMetrics, type KnownMetrics } from './known-metrics.js';
import { type Container, KUBERNETES, type Manifest, type Of, ofKind, printed, type Workload } from './manifests.js';
import { parsed } from './promql.js';

// What is beside the roles in Kubernetes: who scales them, the one address, and the servers by others' charts.

const text = (file: string) => readFileSync(join(KUBERNETES, file), 'utf8');
const all = (file: string) => loadAll(text(file)) as Manifest[];
const compose = readFileSync('docker-compose.yml', 'utf8');
const imageOf = (name: string) => new RegExp(`image: ${name}:(\\S+)`).exec(compose)![1]!;

interface Scaled {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly triggers: readonly {
    readonly type: string;
    readonly metadata: { readonly query: string; readonly threshold: string; readonly ignoreNullValues: string };
  }[];
}

describe('what scales the roles', () => {
  const scaled = ofKind(all('overlays/production/scaling.yaml'), 'ScaledObject') as Of<Scaled>[];
  let known: KnownMetrics;
  beforeAll(async () => {
    known = await knownMetrics();
  });

  it('asks Prometheus for metrics that exist, one number each, and takes no answer for no answer', () => {
    expect(scaled.map(({ spec }) => spec.scaleTargetRef.name).sort()).toEqual(['gateway', 'projector']);
    for (const { type, metadata } of scaled.flatMap(({ spec }) => spec.triggers)) {
      expect(type).toBe('prometheus');
      expect(faultsOf(parsed(metadata.query), known)).toEqual([]);
      expect(metadata.query).toMatch(/^sum\(/);
      expect(Number(metadata.threshold)).toBeGreaterThan(0);
      expect(metadata.ignoreNullValues).toBe('false');
    }
  });

  it('starts no more projectors than there are partitions, and never fewer than two of anything', () => {
    const projector = scaled.find(({ spec }) => spec.scaleTargetRef.name === 'projector')!;
    expect(projector.spec.maxReplicaCount).toBe(PARTITIONS);
    for (const { spec } of scaled) expect(spec.minReplicaCount).toBeGreaterThanOrEqual(2);
    // Who applies the manifests again must not say how many there are.
    expect(text('overlays/production/kustomization.yaml')).toMatch(
      /remove.*replicas.*\n\s+target: .*gateway\|projector/,
    );
  });
});

describe('the one address', () => {
  interface Ingress {
    readonly rules: readonly {
      readonly http: {
        readonly paths: readonly {
          readonly path: string;
          readonly backend: { readonly service: { readonly name: string } };
        }[];
      };
    }[];
  }
  const [ingress] = ofKind(all('overlays/production/ingress.yaml'), 'Ingress') as Of<Ingress>[];
  const { paths } = ingress!.spec.rules[0]!.http;
  const to = (service: string) =>
    paths.filter(({ backend }) => backend.service.name === service).map(({ path }) => path);

  it('passes on what the proxy of Docker Compose passes on, to the same', () => {
    const caddyfile = readFileSync('deploy/caddy/Caddyfile', 'utf8');
    const patterns = (matcher: string) => new RegExp(`@${matcher} path (.*)`).exec(caddyfile)![1]!.split(' ');
    const heads = (matcher: string) =>
      [...new Set(patterns(matcher).map((pattern) => pattern.replace('/*', '')))].sort();
    expect(to('gateway').sort()).toEqual(heads('gateways'));
    expect(to('nobody')).toEqual(heads('health'));
    expect(to('query')).toEqual(['/']);
  });
});

interface Values {
  readonly config: {
    readonly cluster: { readonly enabled: boolean; readonly replicas: number };
    readonly jetstream: {
      readonly fileStore: { readonly pvc: { readonly size: string }; readonly maxSize: string };
      readonly memoryStore: { readonly enabled: boolean };
      readonly merge: Readonly<Record<string, string>>;
    };
    readonly merge: Readonly<Record<string, string>>;
  };
  readonly container: {
    readonly image: { readonly tag: string };
    readonly env: Readonly<Record<string, string | { valueFrom: { secretKeyRef: { name: string; key: string } } }>>;
    readonly patch: readonly { readonly value: { readonly name: string; readonly mountPath: string } }[];
  };
  readonly podTemplate: {
    readonly patch: readonly { readonly value: { readonly configMap: { readonly name: string } } }[];
  };
}

describe('NATS by its chart', () => {
  const values = load(text('nats/values.yaml')) as Values;
  const config = readFileSync('deploy/nats/nats-server.conf', 'utf8');

  it('has the users and rights of the server in Docker Compose: npm run docs', () => {
    expect(text('nats/users.conf')).toBe(usersOf(config));
    const mount = values.container.patch[0]!.value;
    expect(values.config.merge['$include']).toBe(`..${mount.mountPath.replace('/etc', '')}/users.conf`);
    const made = (load(text('nats/kustomization.yaml')) as { configMapGenerator: { name: string }[] })
      .configMapGenerator;
    expect(made).toMatchObject([{ name: values.podTemplate.patch[0]!.value.configMap.name, files: ['users.conf'] }]);
    expect(made).toMatchObject([{ options: { disableNameSuffixHash: true } }]);
  });

  it('has their passwords, from the secret that is made', () => {
    const asked = [...text('nats/users.conf').matchAll(/\$(NATS_\w+_PASSWORD)/g)].map(([, name]) => name!).sort();
    const given = Object.keys(values.container.env).filter((name) => name.startsWith('NATS_'));
    expect(given.sort()).toEqual(asked);
    for (const overlay of ['single', 'production']) {
      const secrets = printed(join(KUBERNETES, 'secrets.sh'), overlay);
      const secret = secrets.find(({ metadata }) => metadata.name === 'nats')!.stringData!;
      expect(Object.keys(secret).sort()).toEqual(asked);
      // Text, where a password begins with digits too.
      for (const value of Object.values(secret)) expect(value).toMatch(/^"\w+"$/);
      const gateway = secrets.find(({ metadata }) => metadata.name === 'gateway')!.stringData!;
      expect(secret['NATS_GATEWAY_PASSWORD']).toBe(`"${gateway['NATS_PASSWORD']!}"`);
    }
  });

  it('syncs before it answers, keeps in memory what is kept there, and stops short of its disk', () => {
    const { jetstream, cluster } = values.config;
    expect(config).toMatch(/sync_interval: always/);
    expect(jetstream.merge).toEqual({ domain: 'parley', sync_interval: 'always' });
    // By default the chart gives it none, and then there are no consumers and no list of who is there.
    expect(jetstream.memoryStore.enabled).toBe(true);
    const gibibytes = (size: string) => Number(/^(\d+)Gi$/.exec(size)![1]);
    expect(gibibytes(jetstream.fileStore.maxSize)).toBeLessThan(gibibytes(jetstream.fileStore.pvc.size));
    const settings = text('overlays/production/kustomization.yaml');
    expect(settings).toContain(`EVENT_STREAM_REPLICAS=${cluster.replicas}\n`);
    expect(settings.match(/nats:\/\/nats-\d\.nats-headless:4222/g)).toHaveLength(cluster.replicas);
  });

  it('is of the version that is run everywhere', () => {
    expect(values.container.image.tag).toBe(imageOf('nats'));
    expect(text('overlays/single/nats.yaml')).toContain(`image: nats:${imageOf('nats')}\n`);
  });
});

describe('NATS of the small overlay', () => {
  it('collects its garbage before its container ends for want of memory, as while all of the log is read', () => {
    const [server] = ofKind(all('overlays/single/nats.yaml'), 'StatefulSet') as Workload[];
    const [{ env = [], resources }] = server!.spec.template.spec.containers as [Container];
    const megabytes = (amount = '') => parseInt(amount) * (/Gi/.test(amount) ? 1_024 : 1);
    const bound = megabytes(env.find(({ name }) => name === 'GOMEMLIMIT')?.value);
    expect(bound).toBeGreaterThan(0.5 * megabytes(resources?.limits?.['memory']));
    expect(bound).toBeLessThanOrEqual(0.85 * megabytes(resources?.limits?.['memory']));
  });
});

describe('MongoDB', () => {
  interface Community {
    readonly version: string;
    readonly members: number;
    readonly users: readonly { readonly name: string; readonly roles: readonly object[] }[];
  }
  const [community] = ofKind(all('mongodb/mongodb.yaml'), 'MongoDBCommunity') as Of<Community>[];

  it('has a user for each role, with the rights that Docker Compose gives', () => {
    const script = readFileSync('deploy/mongodb/users.mjs', 'utf8');
    const rights = [...script.matchAll(/user: '(\w+)',.*role: '(\w+)'/g)].map(([, user, role]) => [user, role]);
    expect(rights).toHaveLength(4);
    const given = community!.spec.users.map(({ name, roles }) => ({ name, roles }));
    expect(given).toEqual(rights.map(([name, role]) => ({ name, roles: [{ name: role, db: 'parley' }] })));
  });

  it('is found where the roles look for it, with passwords that it is given', () => {
    const secrets = printed(join(KUBERNETES, 'secrets.sh'), 'production');
    const members = Array.from({ length: community!.spec.members }, (_, i) => `mongodb-${i}.mongodb-svc.mongodb.svc`);
    for (const { name } of community!.spec.users) {
      const [ours, theirs] = ['parley', 'mongodb'].map(
        (namespace) => secrets.find(({ metadata: m }) => m.name === name && m.namespace === namespace)!.stringData!,
      );
      const url = new URL(ours!['MONGODB_URL']!.replace('mongodb:', 'http:').replace(/,.*\//, '/'));
      expect([url.username, url.password]).toEqual([name, theirs!['password']]);
      for (const member of members) expect(ours!['MONGODB_URL']).toContain(member);
    }
  });

  it('is of the version that is run everywhere', () => {
    expect(community!.spec.version.startsWith(`${imageOf('mongo')}.`)).toBe(true);
    expect(text('overlays/single/mongodb.yaml')).toContain(`image: mongo:${imageOf('mongo')}\n`);
  });

  it('has its users made with what the script asks for', () => {
    const script = readFileSync('deploy/mongodb/users.mjs', 'utf8');
    const asked = [...new Set(script.match(/MONGODB_(URL|\w+_PASSWORD)/g))]
      .filter((name) => !name.includes('$'))
      .sort();
    const made = printed(join(KUBERNETES, 'secrets.sh'), 'single').find(
      ({ metadata }) => metadata.name === 'mongodb-users',
    )!;
    expect(Object.keys(made.stringData!).sort()).toEqual(asked);
  });
});

describe('the rules for Prometheus’ operator', () => {
  it('are all of those of Docker Compose', () => {
    const script = join(KUBERNETES, 'components/prometheus-operator/prometheus-rule.sh');
    const rule = load(execFileSync(script, { encoding: 'utf8' })) as { kind: string; spec: { groups: object[] } };
    const files = ['alerts', 'recording'].map((name) =>
      readFileSync(`deploy/observe/prometheus/rules/${name}.yml`, 'utf8'),
    );
    const groups = files.flatMap((file) => (load(file) as { groups: object[] }).groups);
    expect(rule.kind).toBe('PrometheusRule');
    expect(rule.spec.groups).toEqual(groups);
  });
});
