import { setTimeout as sleep } from 'node:timers/promises';
import { commandKey, type ProfileChanged, userRoom } from '#domain';
import { EventLog, type LogOptions } from '#event-store';
import type { NatsCluster } from '../nats-cluster.js';

/** Nobody else is called so. */
const WHO = 'cut-off';
const PATIENCE_MS = 2_000;

/** Somebody who is connected to a server that is cut off, and asks it to store events. */
export class CutOff {
  /** Ids of events that were acknowledged while nobody but that server could have them. */
  readonly acked: string[] = [];
  asked = 0;
  #count = 0;

  constructor(
    private readonly cluster: NatsCluster,
    private readonly options: Omit<LogOptions, 'servers' | 'name'>,
  ) {}

  /** Before it is cut off. */
  async connect(node: string): Promise<Asking> {
    const log = await EventLog.connect({ ...this.options, servers: this.cluster.urlOf(node), name: WHO });
    let isOver = false;
    let asked = 0;
    const tryUntilMended = async (): Promise<void> => {
      await sleep(200);
      while (!isOver && asked < 4) {
        asked++;
        const event = this.#event();
        // It may be stored once the way is there again; what must not be is that it is acknowledged before.
        const deadline = performance.now() + PATIENCE_MS;
        await log.append(event, { deadline }).then(
          () => this.acked.push(event.id),
          () => undefined,
        );
      }
    };
    const end = async (): Promise<number> => {
      isOver = true;
      this.asked += asked;
      await log.close();
      return asked;
    };
    return { tryUntilMended, end };
  }

  #event(): ProfileChanged {
    const room = userRoom(WHO);
    const id = `profile.${commandKey(WHO, room, String(++this.#count))}`;
    return {
      type: 'ProfileChanged',
      room,
      id,
      at: new Date().toISOString(),
      userId: WHO,
      name: 'Cut Off',
      avatar: null,
    };
  }
}

export interface Asking {
  /** Resolves after some tries. */
  readonly tryUntilMended: () => Promise<void>;
  /** @returns how often it was asked */
  readonly end: () => Promise<number>;
}
