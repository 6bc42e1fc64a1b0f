import type { EventLog } from '#event-store';
import { collectionsOf, directory, type Projection, timeline } from '#projections';
import { checkpointId, firstVersion, memoryReadModels } from '#read-models';
import { MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import type { Ground } from './ground.js';
import { SteppedFold } from './stepped-fold.js';

const LOOK_MS = 5;

/** A log and read models in this process's memory, and folds that follow the log by themselves. */
export class GroundInMemory implements Ground {
  readonly server = new MemoryLogServer();
  readonly log = this.server.connect() as unknown as EventLog;
  readonly readModels = memoryReadModels();
  private readonly folds: SteppedFold<never>[] = [];
  private folding: NodeJS.Timeout | undefined;
  private folded = 0;

  static async open(): Promise<GroundInMemory> {
    const ground = new GroundInMemory();
    for (const projection of [timeline, directory]) await ground.add(projection as unknown as Projection<never>);
    await ground.startProjections();
    return ground;
  }

  connect(): Promise<EventLog> {
    return Promise.resolve(this.server.connect() as unknown as EventLog);
  }

  startProjections(): Promise<void> {
    this.folding = setInterval(() => void this.fold(), LOOK_MS);
    return Promise.resolve();
  }

  stopProjections(): Promise<void> {
    clearInterval(this.folding);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return this.stopProjections();
  }

  private async add(projection: Projection<never>): Promise<void> {
    const { readModels, server } = this;
    await readModels.versions.replace(projection.name, firstVersion(projection.format, 1));
    const store = readModels.projection(projection.name, 1);
    await store.setUp(collectionsOf(projection));
    const { live } = server.connect();
    this.folds.push(new SteppedFold({ projection, version: 1, records: server.records, store, live }));
  }

  private async fold(): Promise<void> {
    const { records } = this.server;
    const due = records.slice(this.folded);
    this.folded = records.length;
    if (due.length === 0) return;
    await Promise.all(this.folds.map((fold) => fold.run()));
    for (const { partition, seq, id: eventId } of due) {
      for (const { name } of [timeline, directory]) {
        const id = checkpointId(name, 1, partition);
        const { epoch } = await this.readModels.checkpoints.claim(id, 'in memory');
        await this.readModels.checkpoints.save([{ id, epoch, seq, eventId }]);
      }
    }
  }
}
