import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Role, loadConfig, rows } from '#settings';
import { itWith } from './optional-tool.js';
import {
  type Container,
  deployed,
  environmentOf,
  KUBERNETES,
  kustomized,
  type Manifest,
  type Of,
  ofKind,
  peersOf,
  policies,
  rendered,
  type Selector,
  selects,
  type Workload,
  workloads,
} from './manifests.js';

// What is given to Kubernetes, as kustomize renders it: every name in it leads to something.

const kubectl = itWith('kubectl', 'version', '--client');
const validate = itWith('kubernetes-validate', '--version');
const OVERLAYS = ['single', 'production'] as const;
const ROLES = ['gateway', 'projector', 'query', 'chatctl'] as const;
/** What the official charts make. */
const FROM_CHARTS = { single: [], production: [{ 'app.kubernetes.io/name': 'nats' }] };
const folder = mkdtempSync(join(tmpdir(), 'parley-kubernetes-'));

/** An overlay as somebody would write it, on top of ours. */
function overlayOf(name: string, kustomization: object): string {
  const at = join(folder, name);
  execFileSync('mkdir', ['-p', at]);
  writeFileSync(join(at, 'kustomization.yaml'), JSON.stringify(kustomization));
  return at;
}
const from = (name: string, path: string) => relative(join(folder, name), resolve(KUBERNETES, path));
const onTop = (name: string, more: object) =>
  overlayOf(name, { resources: [from(name, 'overlays/production')], namespace: 'parley', ...more });

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(OVERLAYS)('the overlay %s', (overlay) => {
  let all: readonly Manifest[] = [];
  let secrets: readonly Manifest[] = [];

  beforeAll(() => {
    ({ all, secrets } = deployed(overlay));
  });
  const pods = () => workloads(all).map(({ spec }) => spec.template);
  const containers = (): Container[] => pods().flatMap(({ spec }) => spec.containers);
  const podsOf = (selector: Selector) => pods().filter(({ metadata }) => selects(selector, metadata.labels));

  const environment = (container: Container) => environmentOf(container, all, secrets);
  const roleContainer = (role: string) =>
    workloads(all).find(({ metadata }) => metadata.name === role)!.spec.template.spec.containers[0]!;

  kubectl('has settings that exist, all that are needed, and that each role takes', () => {
    for (const role of ROLES) {
      const env = environment(roleContainer(role));
      for (const name of Object.keys(env)) expect(rows).toHaveProperty(name);
      const own = (roleContainer(role).env ?? []).map(({ name }) => name as keyof typeof rows);
      expect(own.filter((name) => !rows[name].roles.includes(role as Role))).toEqual([]);
      const { nats } = loadConfig(env, role);
      expect(nats).toMatchObject({ user: role });
      if (role === 'projector') expect(nats.replicas).toBe(overlay === 'production' ? 3 : 1);
    }
  });

  kubectl('has ports where the roles listen, and names of them that exist', () => {
    for (const role of ['gateway', 'projector', 'query']) {
      const { ports, readinessProbe, livenessProbe, startupProbe } = roleContainer(role);
      const at = Object.fromEntries(ports!.map(({ name, containerPort }) => [name, String(containerPort)]));
      expect(at).toEqual({ http: rows.PORT.default, metrics: environment(roleContainer(role))['METRICS_PORT'] });
      expect(readinessProbe!.httpGet).toEqual({ path: '/health/ready', port: 'http' });
      for (const probe of [livenessProbe, startupProbe]) {
        expect(probe!.httpGet).toEqual({ path: '/health/live', port: 'http' });
      }
    }
    const services = ofKind(all, 'Service') as Of<{
      selector?: Record<string, string>;
      ports: { targetPort?: string }[];
    }>[];
    for (const { metadata, spec } of services) {
      if (metadata.name === 'nobody') continue;
      const [pod, ...more] = podsOf({ matchLabels: spec.selector! });
      expect([metadata.name, more.length]).toEqual([metadata.name, 0]);
      const named = pod!.spec.containers.flatMap(({ ports }) => ports!.map(({ name }) => name));
      for (const { targetPort } of spec.ports) expect(named).toContain(targetPort);
    }
  });

  kubectl('has selectors that select something', () => {
    for (const { spec } of workloads(all)) {
      if (spec.selector as Selector | undefined)
        expect(selects(spec.selector, spec.template.metadata.labels)).toBe(true);
    }
    const names = [...pods().map(({ metadata }) => metadata.labels), ...FROM_CHARTS[overlay]];
    const there = (selector: Selector) => {
      expect([selector, names.some((labels) => selects(selector, labels))]).toEqual([selector, true]);
      for (const { values } of selector.matchExpressions ?? []) {
        for (const value of values) expect(names.map((labels) => labels['app.kubernetes.io/name'])).toContain(value);
      }
    };
    for (const { spec } of ofKind(all, 'PodDisruptionBudget') as Of<{ selector: Selector }>[]) there(spec.selector);
    for (const { spec } of policies(all)) {
      there(spec.podSelector);
      for (const { namespaceSelector, podSelector } of peersOf(spec)) {
        if (podSelector && !namespaceSelector) there(podSelector);
      }
    }
  });

  kubectl('has policies for ports that are listened on', () => {
    const [closed] = policies(all).filter(({ metadata }) => metadata.name === 'nothing-by-default');
    expect(closed!.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const known = containers().flatMap(({ ports = [] }) =>
      ports.flatMap(({ name, containerPort }) => [name, containerPort]),
    );
    known.push(53, 4222, ...(overlay === 'production' ? [6222, 8222, 27_017] : []));
    for (const { spec } of policies(all)) {
      for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
        expect(ports).toBeDefined();
        for (const { port } of ports!) expect(known).toContain(port);
      }
    }
    const metrics = policies(all).filter(({ spec }) =>
      spec.ingress?.some(({ ports }) => ports![0]!.port === 'metrics'),
    );
    const monitoring = { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } };
    expect(metrics.flatMap(({ spec }) => peersOf(spec))).toEqual([{ namespaceSelector: monitoring }]);
  });

  kubectl('has pods that may do nothing but their work', () => {
    expect(pods().length).toBeGreaterThanOrEqual(4);
    for (const { spec } of pods()) {
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext, resources } of spec.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys(resources?.requests ?? {}).sort()).toEqual(['cpu', 'memory']);
        expect(resources?.limits).toHaveProperty('memory');
      }
    }
    const [namespace] = ofKind(all, 'Namespace');
    expect(namespace!.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  kubectl('gives gateways the time to send their people away', () => {
    const spec = workloads(all).find(({ metadata }) => metadata.name === 'gateway')!.spec;
    const { terminationGracePeriodSeconds: grace, containers: own } = spec.template.spec;
    const [sleep, seconds] = own[0]!.lifecycle!.preStop.exec.command;
    expect(sleep).toBe('sleep');
    // As in docker-compose.yml: a role drains for 5 s at most.
    expect(grace).toBeGreaterThanOrEqual(Number(seconds) + 5);
    expect(spec).toMatchObject({ strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  });

  kubectl('is of one image, and hands every ConfigMap to who names it', () => {
    const ours = containers().filter(({ name }) => name === 'parley');
    expect(ours.length).toBeGreaterThanOrEqual(4);
    expect([...new Set(ours.map(({ image }) => image))]).toEqual(['parley:0.1.0']);
    const made = ofKind(all, 'ConfigMap').map(({ metadata }) => metadata.name);
    const asked = pods().flatMap(({ spec }) => (spec.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []));
    expect(asked.filter((name) => !made.includes(name))).toEqual([]);
  });

  validate(
    'passes the schemas of Kubernetes',
    () => {
      const file = join(folder, `${overlay}.yaml`);
      const monitored = onTop(`validated-${overlay}`, {
        resources: [from(`validated-${overlay}`, `overlays/${overlay}`)],
        components: ['in-mail', 'operations'].map((name) => from(`validated-${overlay}`, `components/${name}`)),
      });
      writeFileSync(file, kustomized(monitored));
      const told = execFileSync('kubernetes-validate', ['--strict', file], { encoding: 'utf8' });
      expect(told.match(/ passed for /g)!.length).toBeGreaterThan(20);
      // Others' kinds it does not know.
      const unknown = [...told.matchAll(/for kind (\w+)/g)].map(([, kind]) => kind);
      expect([...new Set(unknown)]).toEqual(overlay === 'production' ? ['ScaledObject'] : []);
    },
    60_000,
  );
});

describe('an overlay of one’s own', () => {
  kubectl('gives all of it another image by one word', () => {
    const image = { name: 'parley', newName: 'registry.example/parley', newTag: '1.2.3' };
    const own = workloads(rendered(onTop('image', { images: [image] })));
    const images = own.flatMap(({ spec }) => spec.template.spec.containers.map((container) => container.image));
    expect([...new Set(images)]).toEqual(['registry.example/parley:1.2.3']);
  });

  kubectl('has gateways tell a webhook, and Prometheus’ operator find the roles', () => {
    const components = ['in-mail', 'prometheus-operator'].map((name) => from('components', `components/${name}`));
    const all = rendered(onTop('components', { components }));
    for (const { metadata, spec } of ofKind(all, 'Deployment') as Workload[]) {
      const told = spec.template.spec.containers[0]!.env!.some(({ name }) => name === 'INMAIL_WEBHOOK_SECRET');
      expect([metadata.name, told]).toEqual([metadata.name, ['gateway', 'chatctl'].includes(metadata.name)]);
    }
    expect(rows).toHaveProperty('INMAIL_WEBHOOK_SECRET');
    expect(ofKind(all, 'ConfigMap').flatMap(({ data }) => Object.keys(data!))).toContain('INMAIL_WEBHOOK_URL');
    const [monitor] = ofKind(all, 'PodMonitor') as Of<{
      selector: Selector;
      podMetricsEndpoints: { port: string }[];
    }>[];
    const found = workloads(all).filter(({ spec }) => selects(monitor!.spec.selector, spec.template.metadata.labels));
    expect(found.map(({ metadata }) => metadata.name).sort()).toEqual(['gateway', 'projector', 'query']);
    for (const { spec } of found) {
      const names = spec.template.spec.containers[0]!.ports!.map(({ name }) => name);
      expect(names).toContain(monitor!.spec.podMetricsEndpoints[0]!.port);
    }
  });
});
