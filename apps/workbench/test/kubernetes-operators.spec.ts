import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '#settings';
import { itWith } from './optional-tool.js';
import {
  deployed,
  environmentOf,
  KUBERNETES,
  type Manifest,
  type Of,
  ofKind,
  policies,
  rendered,
  selects,
  workloads,
} from './manifests.js';

// What operators work with, as it is deployed: the command line, what it must reach, and the process of its own.

const kubectl = itWith('kubectl', 'version', '--client');

describe.each(['single', 'production'] as const)('for operators, the overlay %s', (overlay) => {
  let all: readonly Manifest[] = [];
  let secrets: readonly Manifest[] = [];

  beforeAll(() => {
    ({ all, secrets } = deployed(overlay));
  });

  kubectl('lets chatctl ask the roles and the servers how they are, and gives it room for backups', () => {
    const chatctl = { 'app.kubernetes.io/name': 'chatctl' };
    const ways = policies(all).filter(({ metadata }) => metadata.name.startsWith('doctor'));
    for (const [name, port] of [
      ...(['gateway', 'projector', 'query'] as const).map((role) => [role, 'http'] as const),
      ['nats', 8222] as const,
    ]) {
      const labels = { 'app.kubernetes.io/name': name };
      const leads = ways.some(
        ({ spec }) =>
          selects(spec.podSelector, chatctl) &&
          spec.egress?.some(({ to, ports }) => ports![0]!.port === port && selects(to![0]!.podSelector!, labels)),
      );
      const lets = ways.some(
        ({ spec }) =>
          selects(spec.podSelector, labels) &&
          spec.ingress?.some(
            ({ from: peers, ports }) => ports![0]!.port === port && selects(peers![0]!.podSelector!, chatctl),
          ),
      );
      expect([name, leads, lets]).toEqual([name, true, true]);
    }
    const { spec } = workloads(all).find(({ metadata }) => metadata.name === 'chatctl')!.spec.template;
    const claims = ofKind(all, 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
    expect(claims.sort()).toEqual(['backup-keys', 'backups']);
    expect(spec.containers[0]!.volumeMounts!.map(({ name }) => name).sort()).toEqual(claims);
    expect(spec.securityContext).toMatchObject({ runAsUser: 1000, fsGroup: 1000 });
  });

  kubectl(
    'has a process for operators where it is asked for, with the users of chatctl, to which nobody is led',
    () => {
      const at = mkdtempSync(join(tmpdir(), 'parley-operators-'));
      const path = (of: string) => relative(at, resolve(KUBERNETES, of));
      const kustomization = { resources: [path(`overlays/${overlay}`)], components: [path('components/operations')] };
      writeFileSync(join(at, 'kustomization.yaml'), JSON.stringify(kustomization));
      const own = rendered(at);
      rmSync(at, { recursive: true });
      const found = workloads(own).find(({ metadata }) => metadata.name === 'operations')!;
      const container = found.spec.template.spec.containers[0]!;
      const query = workloads(own).find(({ metadata }) => metadata.name === 'query')!.spec.template.spec;
      const env = environmentOf(container, own, secrets);
      expect(loadConfig(env, 'query')).toMatchObject({ operations: true, nats: { user: 'chatctl' } });
      expect(env['NATS_URL']).toBe(environmentOf(query.containers[0]!, own, secrets)['NATS_URL']);
      expect(container).toMatchObject({ image: query.containers[0]!.image, command: query.containers[0]!.command });
      expect(container.securityContext).toEqual(query.containers[0]!.securityContext);
      expect(found.spec.template.spec.securityContext).toEqual(query.securityContext);
      const { labels } = found.spec.template.metadata;
      const services = ofKind(own, 'Service') as Of<{ selector?: Record<string, string> }>[];
      expect(services.filter(({ spec }) => spec.selector && selects({ matchLabels: spec.selector }, labels))).toEqual(
        [],
      );
      const of = policies(own).filter(({ spec }) => selects(spec.podSelector, labels));
      expect(of.flatMap(({ spec }) => spec.ingress ?? [])).toEqual([]);
      expect(
        of.flatMap(({ spec }) => spec.egress ?? []).flatMap(({ ports }) => ports!.map(({ port }) => port)),
      ).toEqual(expect.arrayContaining([4222, 27_017]));
    },
  );
});

describe('for operators, Docker Compose', () => {
  it('has the monitoring port of NATS where chatctl reaches it, and publishes none', () => {
    const [, address] = /^http: "([^"]+):8222"$/m.exec(readFileSync('deploy/nats/nats-server.conf', 'utf8'))!;
    expect(address).toBe('0.0.0.0');
    const compose = readFileSync('docker-compose.yml', 'utf8');
    const [, nats] = /\n {2}nats:\n([\s\S]*?)\n\n/.exec(compose)!;
    expect(nats).toContain('networks: [inside]');
    expect(nats).not.toContain('ports:');
    expect(/\n {2}chatctl:\n([\s\S]*?)\n\n/.exec(compose)![1]).toContain('networks: [inside, outside]');
  });
});
