import { nanos } from '@nats-io/transport-node';
import { RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import type { Connection } from './connection.js';
import type { LiveSubscription } from './live.js';
import type { Publisher } from './publisher.js';
import type { Subjects } from './subjects.js';

/** How long a worker counts as present after its last beat. */
export const PRESENCE_MS = 3_000;

/**
 * `MEMBERS` stands for workers here and in the subjects: permissions name them, and workers of two releases see each other
 * by them, so they stay.
 */
export const workerStream = (stream: string): string => `${stream}_MEMBERS`;

/** One message a worker, which the server forgets by its own clock: nobody's clock here matters. */
export const workerStreamConfig = (stream: string, subjects: Subjects): Partial<StreamConfig> & { name: string } => ({
  name: workerStream(stream),
  subjects: [subjects.workers],
  storage: StorageType.Memory,
  retention: RetentionPolicy.Limits,
  max_age: nanos(PRESENCE_MS),
  max_msgs_per_subject: 1,
});

/** A worker that is there. */
export interface PresentWorker {
  readonly name: string;
  /** The partitions that it cannot fold on, an event of a newer release being next there. */
  readonly declines: readonly number[];
}

/**
 * Who is at work on something together. There is no lease beside the heartbeat: a worker that does not beat for 3 s is
 * gone, silently, so workers read the list every second. What it protects must be fenced by something else.
 */
export class Workers {
  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
    private readonly publisher: Publisher,
  ) {}

  /** @param declines the partitions that it leaves to the others, if they can do more @throws LogUnavailable, OutcomeUnknown */
  async beat(group: string, worker: string, declines: readonly number[] = []): Promise<void> {
    const all = [this.subjects.worker(group, worker), ...declines.map((p) => this.subjects.declined(group, worker, p))];
    await Promise.all(all.map((subject) => this.publisher.publish(subject, '')));
  }

  /** The names of those present now, in their order. @throws LogUnavailable */
  async of(group: string): Promise<string[]> {
    return (await this.present(group)).map(({ name }) => name);
  }

  /** Those present now, in the order of their names. @throws LogUnavailable */
  async present(group: string): Promise<PresentWorker[]> {
    const name = workerStream(this.stream);
    const filter = this.subjects.allWorkers;
    const { state } = await this.connection.answerOfStream(name, () =>
      this.connection.jetstream.streams.info(name, { subjects_filter: filter }),
    );
    const said = Object.keys(state.subjects ?? {}).flatMap((subject) => this.subjects.workerOf(group, subject) ?? []);
    const declinesOf = (name: string) =>
      said.flatMap(({ worker, declined }) => (worker === name && declined !== null ? [declined] : []));
    return said
      .flatMap(({ worker, declined }) => (declined === null ? [worker] : []))
      .sort()
      .map((name) => ({ name, declines: declinesOf(name) }));
  }

  /** Gone from now on. @throws LogUnavailable */
  async leave(group: string, worker: string): Promise<void> {
    const filter = this.subjects.worker(group, worker);
    await this.connection.answer(() => this.connection.jetstream.streams.purge(workerStream(this.stream), { filter }));
    this.announce(group);
  }

  /** Tells the others at once that the list has changed; without it they see it within a second. */
  announce(group: string): void {
    this.connection.send(this.subjects.workersChanged(group), '');
  }

  onAnnounced(group: string, listener: () => void): LiveSubscription {
    const subscription = this.connection.nats.subscribe(this.subjects.workersChanged(group), { callback: listener });
    return {
      stop: () => {
        subscription.unsubscribe();
      },
    };
  }
}
