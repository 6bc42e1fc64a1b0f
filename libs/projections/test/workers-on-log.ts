import { randomBytes, randomUUID } from 'node:crypto';
import { keySequence, type MessageCreated, type Room } from '#domain';
import { EventLog } from '#event-store';
import { firstVersion, memoryReadModels, type ReadModels } from '#read-models';
import { type Projection, timeline, Worker, type WorkedLog, type WorkerLog } from '../src/index.js';

type WorkerParts = ConstructorParameters<typeof Worker>[0];

export const nextKey = keySequence(randomBytes(8));

export const posted = (room: Room, content: string): MessageCreated => {
  const key = nextKey();
  const sender = { id: '1', name: 'Ada', avatar: null };
  const at = '2026-01-02T03:04:05.678Z';
  return { type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, sender, content };
};

/** A log of its own on a server, read models in memory that several workers see, and workers of the timeline on both. */
export class WorkersOnLog {
  readonly readModels: ReadModels = { ...memoryReadModels(), shared: true };
  /** Those that are to be stopped at the end. */
  readonly workers: Worker<unknown>[] = [];
  /** What any of them said. */
  readonly said: string[] = [];

  private constructor(readonly log: EventLog) {}

  static async begin(): Promise<WorkersOnLog> {
    const servers = process.env['TEST_NATS_URL'] ?? '';
    const suffix = randomUUID().slice(0, 8);
    const log = await EventLog.connect({ servers, stream: `T_${suffix}`, prefix: `t_${suffix}`, name: 'worker test' });
    await log.setUp();
    const begun = new WorkersOnLog(log);
    await begun.readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
    return begun;
  }

  /** @param parts what is otherwise than with a worker called `one` */
  start(parts: Partial<WorkerParts> = {}): Worker<unknown> {
    const { log, readModels, said } = this;
    const logger: WorkerLog = { log: (m) => said.push(m), warn: (m) => said.push(m), error: (m) => said.push(m) };
    const options = { projection: timeline as Projection<unknown>, version: 1, announcing: true, owner: 'one' };
    const worker = new Worker({ ...options, logger, log, readModels, ...parts });
    this.workers.push(worker);
    void worker.start();
    return worker;
  }

  /** The log, with one of its calls otherwise. */
  logWith(changed: Partial<WorkedLog>): WorkedLog {
    const { log } = this;
    return {
      setUp: () => log.setUp(),
      eraser: log.eraser,
      recordAt: (seq) => log.recordAt(seq),
      restoredAt: () => log.restoredAt(),
      letters: log.letters,
      consume: (options) => log.consume(options),
      live: log.live,
      workers: log.workers,
      ...changed,
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.log.close();
  }
}
