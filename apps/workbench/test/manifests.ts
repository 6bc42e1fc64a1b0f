import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';

export const KUBERNETES = 'deploy/kubernetes';

export type Labels = Readonly<Record<string, string>>;

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly envFrom?: readonly {
    readonly configMapRef?: { readonly name: string };
    readonly secretRef?: { readonly name: string };
  }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels };
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly securityContext?: object;
  readonly volumeMounts?: readonly { readonly name: string }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}
export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
}
export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly securityContext?: object;
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly Container[];
  readonly volumes?: readonly { readonly configMap?: { readonly name: string } }[];
}
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In';
    readonly values: readonly string[];
  }[];
}
export interface Pods {
  readonly metadata: { readonly labels: Labels };
  readonly spec: PodSpec;
}
/** Any object: what is read of its kind stands in `spec`. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  readonly data?: Labels;
  readonly stringData?: Labels;
  readonly spec: unknown;
}
export interface Workload extends Manifest {
  readonly spec: { readonly replicas?: number; readonly selector: Selector; readonly template: Pods };
}

const manifestsOf = (text: string): readonly Manifest[] =>
  (loadAll(text) as (Manifest | null)[]).filter((each) => !!each);

/** What `kubectl kustomize` makes of a folder. */
export const kustomized = (folder: string): string =>
  execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', maxBuffer: 16_000_000 });

export const rendered = (folder: string): readonly Manifest[] => manifestsOf(kustomized(folder));

/** What a script prints. */
export const printed = (script: string, ...args: readonly string[]): readonly Manifest[] =>
  manifestsOf(execFileSync(script, args, { encoding: 'utf8' }));

/** One of whose kind it is known what stands in `spec`. */
export type Of<T> = Manifest & { readonly spec: T };

export const ofKind = (all: readonly Manifest[], ...kinds: readonly string[]) =>
  all.filter(({ kind }) => kinds.includes(kind));

export const workloads = (all: readonly Manifest[]) => ofKind(all, 'Deployment', 'StatefulSet', 'Job') as Workload[];

/** Whether a selector takes these labels; an empty one takes all. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  );
}

/** What a container finds in its environment. @throws Error where a secret that it names is not among them */
export function environmentOf(
  { env = [], envFrom = [] }: Container,
  all: readonly Manifest[],
  secrets: readonly Manifest[],
): Record<string, string | undefined> {
  const secret = (name: string) => {
    const found = secrets.find(({ metadata }) => metadata.name === name && metadata.namespace === 'parley');
    if (!found) throw new Error(`no secret ${name}`);
    return found.stringData!;
  };
  const whole = envFrom.map(({ configMapRef, secretRef }) =>
    secretRef ? secret(secretRef.name) : all.find(({ metadata }) => metadata.name === configMapRef!.name)!.data!,
  );
  const single = env.map(({ name, value, valueFrom }) => {
    const ref = valueFrom?.secretKeyRef;
    return [name, ref ? secret(ref.name)[ref.key] : value] as const;
  });
  return { ...Object.assign({}, ...whole), ...Object.fromEntries(single) } as Record<string, string | undefined>;
}

export interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
}
export interface Policy {
  readonly podSelector: Selector;
  readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly Port[] }[];
  readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly Port[] }[];
}
export interface Port {
  readonly port: string | number;
}
export const policies = (all: readonly Manifest[]) => ofKind(all, 'NetworkPolicy') as Of<Policy>[];
export const peersOf = ({ ingress = [], egress = [] }: Policy): Peer[] => [
  ...ingress.flatMap(({ from: peers }) => peers ?? []),
  ...egress.flatMap(({ to }) => to ?? []),
];

/** What an overlay is made of, and its secrets. Without kubectl it is nothing: with it, what fails here fails in the tests. */
export function deployed(overlay: string): {
  readonly all: readonly Manifest[];
  readonly secrets: readonly Manifest[];
} {
  const secrets = printed(join(KUBERNETES, 'secrets.sh'), overlay);
  try {
    return { all: rendered(join(KUBERNETES, 'overlays', overlay)), secrets };
  } catch {
    return { all: [], secrets };
  }
}
