import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { encodeId } from '#domain';
import type { Running } from '#settings';

/** The stream of people's keys as who backs it up sees it: records that are copied and put back, whatever is in them. */
export class KeyBackup {
  private constructor(
    private readonly nats: NatsConnection,
    private readonly jetstream: JetStreamManager,
    private readonly place: Running['nats'],
  ) {}

  static async connect(place: Running['nats']): Promise<KeyBackup> {
    const nats = await connect({ servers: place.servers });
    return new KeyBackup(nats, await jetstreamManager(nats), place);
  }

  /** What is stored of a person's key; null where nothing is. */
  async read(userId: string): Promise<Uint8Array | null> {
    const query = { last_by_subj: this.subject(userId) };
    return (await this.jetstream.streams.getMessage(`${this.place.stream}_KEYS`, query))?.data ?? null;
  }

  /** Puts it back, as who restores a backup does. */
  async restore(userId: string, record: Uint8Array): Promise<void> {
    await this.jetstream.jetstream().publish(this.subject(userId), record);
  }

  /** Whether nothing is stored of it any more, by then at the latest. */
  async isGone(userId: string, limitMs: number): Promise<boolean> {
    const giveUp = performance.now() + limitMs;
    while ((await this.read(userId)) !== null) {
      if (performance.now() > giveUp) return false;
      await sleep(50);
    }
    return true;
  }

  async close(): Promise<void> {
    await this.nats.close();
  }

  private subject(userId: string): string {
    return `${this.place.prefix}.key.${encodeId(userId)}`;
  }
}
