import { Worker } from 'node:worker_threads';
import type { ServerOptions } from '../connection.js';
import type { LogRecord } from '../log-record.js';
import { LogUnavailable } from '../outcomes.js';
import { Arrival, type PullEnd } from '../pull.js';
import { type FromThread, type Packed, type ThreadData, unpack } from './packed.js';

export interface ApartOptions extends Omit<ThreadData, 'server'> {
  readonly server: ServerOptions;
  /** What stands before the partition in subjects. */
  readonly eventStem: string;
}

/** What the thread runs: what was built, also where this is run as it stands in its sources, as tests do. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? '../../../../dist/libs/event-store/src/apart/pull-thread.js' : './pull-thread.js',
  import.meta.url,
);

/**
 * As a `Pull`, by a thread with a connection of its own: what the client of NATS does with each message is a third of a
 * long reading, and done meanwhile. What is not taken is not fetched here either.
 */
export class PullApart {
  private waiting: Packed[] = [];
  private end: PullEnd | null = null;
  private fault: Error | null = null;
  private readonly arrival = new Arrival();

  private readonly begun = Promise.withResolvers<null>();

  private constructor(
    private readonly thread: Worker,
    private readonly eventStem: string,
  ) {
    thread.on('message', (told: FromThread) => {
      if (told === 'begun') this.begun.resolve(null);
      else if ('unavailable' in told) this.begun.reject(new LogUnavailable(told.unavailable));
      else if ('end' in told) this.finish(told.end);
      else this.arrived(told);
    });
    thread.on('error', (error: Error) => {
      this.begun.reject(error);
      this.fault = error;
      this.finish('lost');
    });
    thread.on('exit', () => {
      this.begun.reject(new LogUnavailable('the thread that reads has ended'));
      this.finish('lost');
    });
  }

  /** Once it is connected. @throws LogUnavailable */
  static async start({ server, eventStem, ...of }: ApartOptions, program = PROGRAM): Promise<PullApart> {
    const workerData: ThreadData = { server: onlyServer(server), ...of };
    const pull = new PullApart(new Worker(program, { workerData }), eventStem);
    try {
      await pull.begun.promise;
      return pull;
    } catch (error) {
      pull.close();
      throw error;
    }
  }

  /** The next records, at least one; the reason once it has ended. As of a `Pull`. */
  async next(_max: number, limitMs?: number): Promise<{ readonly records: LogRecord[] } | PullEnd> {
    if (this.waiting.length === 0 && this.end === null) {
      await this.arrival.wait(limitMs, () => {
        this.finish('lost');
      });
    }
    if (this.fault) throw this.fault;
    if (this.end !== null) return this.end;
    const packed = this.waiting.shift()!;
    const records = unpack(packed, this.eventStem);
    this.thread.postMessage(packed.bytes.buffer, [packed.bytes.buffer]);
    return { records };
  }

  close(): void {
    this.finish('closed');
  }

  private arrived(packed: Packed): void {
    this.waiting.push(packed);
    this.arrival.come();
  }

  private finish(end: PullEnd): void {
    if (this.end !== null) return;
    this.end = end;
    this.waiting = [];
    void this.thread.terminate();
    this.arrival.come();
  }
}

/** What is handed over is copied: no keys, and nothing that cannot be. */
const onlyServer = ({ servers, name, user, password, patient }: ServerOptions): ThreadData['server'] => ({
  ...{ servers, name },
  ...(user !== undefined && { user }),
  ...(password !== undefined && { password }),
  ...(patient !== undefined && { patient }),
});
