// What is read of the answers of a nats-server's monitoring port.

/** Who leads what, as one node sees it. */
export interface Leaders {
  readonly meta: string;
  /** By the stream's name. */
  readonly streams: ReadonlyMap<string, string>;
}

export interface Report {
  readonly status?: string;
  readonly meta_cluster?: {
    readonly leader?: string;
    readonly cluster_size?: number;
    /** The others, as the leader has heard of them; only the leader says so. */
    readonly replicas?: readonly { readonly offline?: boolean }[];
  };
  readonly account_details?: readonly { readonly stream_detail?: readonly StreamDetail[] }[];
}

interface StreamDetail {
  readonly name: string;
  readonly cluster?: { readonly leader?: string };
}

export interface Connections {
  readonly connections?: readonly { readonly name?: string }[];
}

/** Null where the node knows of no leader. */
export function leadersIn(report: Report | null): Leaders | null {
  const meta = report?.meta_cluster?.leader;
  if (!report || !meta) return null;
  const details = (report.account_details ?? []).flatMap(({ stream_detail: streams }) => streams ?? []);
  return { meta, streams: new Map(details.map(({ name, cluster }) => [name, cluster?.leader ?? ''])) };
}

/** Null where it does not answer. */
export async function read<T>(server: string, path: string): Promise<T | null> {
  try {
    const response = await fetch(`${server}${path}`, { signal: AbortSignal.timeout(2_000) });
    return (await response.json()) as T;
  } catch {
    return null;
  }
}
