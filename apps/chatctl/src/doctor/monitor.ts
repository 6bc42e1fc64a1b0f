import { Findings } from './finding.js';

/** What a nats-server tells of itself at its monitoring port. */
export interface Monitored {
  readonly url: string;
  readonly syncsAlways: boolean;
  /** Between two syncs, in ms. */
  readonly syncMs: number;
  readonly maxStorage: number;
  readonly storage: number;
  readonly folder: string;
}

interface Varz {
  readonly jetstream?: {
    readonly config?: {
      readonly sync_always?: boolean;
      readonly sync_interval?: number;
      readonly max_storage?: number;
      readonly store_dir?: string;
    };
    readonly stats?: { readonly storage?: number };
  };
}

/** @returns what it tells, or why it does not */
export async function monitored(url: string): Promise<Monitored | string> {
  try {
    const answer = await fetch(new URL('/varz', url), { signal: AbortSignal.timeout(3_000) });
    const { jetstream } = (await answer.json()) as Varz;
    if (!jetstream?.config) return `${url} has no JetStream`;
    const { sync_always = false, sync_interval = 0, max_storage = 0, store_dir = '' } = jetstream.config;
    return {
      ...{ url, syncsAlways: sync_always, syncMs: sync_interval / 1e6 },
      ...{ maxStorage: max_storage, storage: jetstream.stats?.storage ?? 0, folder: store_dir },
    };
  } catch (error) {
    return `${url} does not answer: ${(error as Error).message}`;
  }
}

/** Only the monitoring port says how often a server syncs: no answer to a client shows it. */
export function checkSync(servers: readonly (Monitored | string)[], synced: boolean, replicas: number): Findings {
  const findings = new Findings('sync');
  if (servers.length === 0) {
    return findings.warn(
      'whether NATS syncs before it answers is told at its monitoring port only',
      'give it: --monitor http://127.0.0.1:8222',
    );
  }
  for (const server of servers) {
    if (typeof server === 'string') findings.warn(server, 'see that monitoring is on (`http:` in its configuration)');
    else if (!server.syncsAlways && replicas < 3) {
      findings.fail(
        `${server.url} syncs every ${server.syncMs / 1_000} s: a power cut loses what was acknowledged since`,
        'set sync_interval: always in its block jetstream',
      );
    } else if (!server.syncsAlways && synced) {
      findings.warn(
        `${server.url} does not sync each event, and gateways believe that it does`,
        'set EVENT_STREAM_SYNCED=off',
      );
    } else if (server.syncsAlways && !synced) {
      findings.warn(
        `${server.url} syncs each event, and gateways do not know: it is slower than it need be`,
        'set EVENT_STREAM_SYNCED=on',
      );
    } else
      findings.ok(`${server.url}: ${server.syncsAlways ? 'syncs before it answers' : 'three copies, synced later'}`);
  }
  return findings;
}
