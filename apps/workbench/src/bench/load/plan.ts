/** Who is connected: clans, each a room of its own, of so many members. */
export interface CrowdPlan {
  readonly gateways: readonly string[];
  readonly secret: string;
  /** Which crowd it is of those on the same data: its clans and its people are its own. */
  readonly turn: number;
  readonly rooms: number;
  readonly members: number;
}

/** What the load generator is told. */
export interface LoadPlan extends CrowdPlan {
  readonly http: string;
  /** Members of each room that say something, in turns; everybody by default. */
  readonly senders?: number;
  /** Whether frames carry ids, so that each is acknowledged to its sender. Default false. */
  readonly acks?: boolean;
  /** How long a message is at least. */
  readonly characters: number;
  /** Messages a second, of everybody together. */
  readonly rate: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What it tells, in this order, each once, or `failed`; after `ready` it waits to be told to go. */
export type LoadNews =
  | { readonly phase: 'connected' }
  | { readonly phase: 'ready' }
  | { readonly phase: 'drained' }
  | { readonly phase: 'checked'; readonly report: LoadReport }
  | { readonly phase: 'failed'; readonly reason: string };

export type LoadOrder = { readonly plan: LoadPlan } | { readonly go: true };

/** Of the messages after the warm-up, but for faults, which count wherever they happen. Times in ms. */
export interface LoadReport {
  readonly sent: number;
  /** Came back to somebody, or were acknowledged, or are in the history. */
  readonly accepted: number;
  /** To a member, each once. */
  readonly delivered: number;
  /** Of them, those that had come when the last message was sent. */
  readonly inTime: number;
  readonly acked: number;
  /**
   * Deliveries of accepted messages that did not happen, messages that were told but are not in the history, and
   * messages that were neither accepted nor refused.
   */
  readonly lost: number;
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How much later than scheduled messages left, p99. Part of the latency. */
  readonly late: number;
  /** From the first scheduled time to the last delivery. */
  readonly elapsed: number;
  /** CPU time of the load generator, as a share of one core: while it sent, or until the end, whichever is more. */
  readonly loadCpu: number;
  /** What must not be, a line each. */
  readonly faults: readonly string[];
}

/** The name of a clan of a load. */
export const clanOf = (turn: number, room: number): string => `bench-${turn}-${room}`;

/** The id of somebody in a load; those from 100,000 on are bystanders. */
export const userOf = (turn: number, client: number): string => String((turn + 1) * 1_000_000 + client);
