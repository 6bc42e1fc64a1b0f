import { isNewer, NewerEvent, PARTITIONS } from '#domain';
import type { EventLog, LogRecord } from '#event-store';
import { type Projection, Replay } from '#projections';
import type { Document } from '#read-models';

/** How far each partition is folded: its checkpoint. */
export interface PartitionPosition {
  readonly seq: number;
  readonly eventId: string;
}

/** Whether an event is marked as one that the documents lack. */
export type IsSetAside = (record: LogRecord) => Promise<boolean>;

const ROUND = 2_000;

/** A fold of the log in memory: first up to a position in each partition, then on to later events. */
export class LogFold {
  /** How many events are folded. */
  events = 0;
  /** The ids of the events at the positions, by partition. */
  readonly idsAtPositions = new Map<number, string>();
  private round: LogRecord[] = [];

  private constructor(
    private readonly log: EventLog,
    private readonly projection: Projection<unknown>,
    private readonly replay: Replay<unknown>,
    private readonly positions: readonly PartitionPosition[],
    private readonly isSetAside: IsSetAside,
  ) {}

  static async start(
    log: EventLog,
    projection: Projection<unknown>,
    positions: readonly PartitionPosition[],
    isSetAside: IsSetAside,
  ): Promise<LogFold> {
    return new LogFold(log, projection, await Replay.start(projection), positions, isSetAside);
  }

  get store() {
    return this.replay.store;
  }

  async document(collection: string, id: string): Promise<Document | null> {
    return (await this.store.get(collection, [id]))[0] ?? null;
  }

  /**
   * Folds each partition up to its position.
   * @param onProgress is told now and then how many sequences of the log are left to read
   */
  async toPositions(onProgress: (left: number) => void): Promise<void> {
    const last = Math.max(...this.positions.map(({ seq }) => seq));
    if (last === 0) return;
    for await (const record of this.log.read({ until: last })) {
      const position = this.positionOf(record);
      if (position !== undefined && record.seq <= position) {
        if (record.seq === position) this.idsAtPositions.set(record.partition, record.id);
        if (await this.add(record)) onProgress(last - record.seq);
      }
    }
    await this.flush();
    onProgress(0);
  }

  /**
   * Folds on, beyond the positions, and stops on the way wherever somebody wants to look.
   * @param stops ascending sequences: `onStop` is called when everything up to that one is folded, and nothing later
   */
  async onTo(stops: readonly number[], onStop: (stop: number) => Promise<void>): Promise<void> {
    let next = 0;
    const stopBefore = async (seq: number) => {
      if (next >= stops.length || stops[next]! >= seq) return;
      await this.flush();
      while (next < stops.length && stops[next]! < seq) await onStop(stops[next++]!);
    };
    const from = Math.min(...this.positions.map(({ seq }) => seq)) + 1;
    const until = stops.at(-1);
    if (until === undefined) return;
    for await (const record of this.log.read({ from, until })) {
      const position = this.positionOf(record);
      await stopBefore(record.seq);
      if (position !== undefined && record.seq > position) await this.add(record);
    }
    await stopBefore(Infinity);
  }

  /** Undefined where the workers do not fold this record. */
  private positionOf({ kind, partition }: LogRecord): number | undefined {
    const { kinds } = this.projection;
    if (partition < 0 || partition >= PARTITIONS) return undefined;
    if (kinds && !kinds.some((folded) => folded === kind)) return undefined;
    return this.positions[partition]!.seq;
  }

  /** Whether a round is full, and folded. */
  private async add(record: LogRecord): Promise<boolean> {
    if (isNewer(record) && !(await this.isSetAside(record))) {
      const what = `${record.type} version ${record.version}`;
      throw new NewerEvent(`event ${record.seq} is of a newer release, ${what}: ask that one`);
    }
    this.round.push(record);
    if (this.round.length < ROUND) return false;
    await this.flush();
    return true;
  }

  private async flush(): Promise<void> {
    if (this.round.length === 0) return;
    await this.replay.fold(this.round);
    this.events += this.round.length;
    this.round = [];
  }
}
