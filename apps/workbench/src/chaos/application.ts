import { setTimeout as sleep } from 'node:timers/promises';
import type { Room } from '#domain';
import { signDevelopmentToken } from '#platform';
import { oneOf, seededRandom } from '../seeded-random.js';
import type { Order } from './evidence.js';

/** About how often it decides something, in milliseconds. */
const PACE = 1_200;
/** How long a mute holds by itself, and when it is lifted before: milliseconds. */
const MUTED = { least: 15_000, more: 10_000 };
const LIFTED = { least: 8_000, more: 4_000 };
const ANSWER_MS = 10_000;
/** After so long without an answer that says what became of it, something is wrong that was to be found. */
const GIVE_UP_MS = 180_000;

export interface Whom {
  /** Each person with a room that they may be kept from speaking in. */
  readonly inRooms: readonly { readonly userId: string; readonly room: Room }[];
  /** Those who may be erased. */
  readonly all: readonly string[];
}

/**
 * The surrounding application: it mutes and unmutes people and erases some, over HTTP with a service token, and asks again
 * until it is told that it was done. Who is erased comes back under the same id, as another person with another key.
 */
export class Application {
  readonly orders: Order[] = [];
  readonly #pending = new Set<Promise<void>>();
  readonly #muted = new Set<string>();
  readonly #erasing = new Set<string>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly http: string,
    private readonly secret: string,
    private readonly whom: Whom,
    private readonly random: () => number,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves once every order has its end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#pending);
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#pause(this.random() * 2 * PACE);
      if (this.#stopping.signal.aborted) return;
      const random = seededRandom(this.random() * 2 ** 32);
      const work = (random() < 0.35 ? this.#erase(random) : this.#mute(random)).finally(() =>
        this.#pending.delete(work),
      );
      this.#pending.add(work);
    }
  }

  async #erase(random: () => number): Promise<void> {
    const userId = oneOf(random, this.whom.all);
    if (this.#erasing.has(userId)) return;
    this.#erasing.add(userId);
    await this.#insist('DELETE', `/players/${userId}`, { kind: 'erase', userId, room: null, until: null });
    this.#erasing.delete(userId);
  }

  /** One mute of a person at a time, so that it is plain which one holds. */
  async #mute(random: () => number): Promise<void> {
    const { userId, room } = oneOf(random, this.whom.inRooms);
    if (this.#muted.has(userId)) return;
    this.#muted.add(userId);
    const path = `/rooms/${room}/mutes/${userId}`;
    const until = Math.floor(Date.now() + MUTED.least + random() * MUTED.more);
    const isLifted = random() < 0.5;
    const body = { until: new Date(until).toISOString(), reason: `too loud, ${this.orders.length}` };
    await this.#insist('PUT', path, { kind: 'mute', userId, room, until }, body);
    await this.#pause(isLifted ? LIFTED.least + random() * LIFTED.more : until - Date.now());
    if (isLifted) await this.#insist('DELETE', path, { kind: 'unmute', userId, room, until });
    this.#muted.delete(userId);
  }

  async #insist(
    method: string,
    path: string,
    what: Pick<Order, 'kind' | 'userId' | 'room' | 'until'>,
    body?: object,
  ): Promise<void> {
    const order: Order = { ...what, givenAt: Date.now(), endedAt: null, isAcked: false, refused: null };
    this.orders.push(order);
    while (order.endedAt === null) {
      const answer = await this.#ask(method, path, body);
      const isOver = Date.now() - order.givenAt > GIVE_UP_MS;
      if (answer === 204) order.isAcked = true;
      else if (answer !== null && answer < 500) order.refused = String(answer);
      else if (isOver) order.refused = `no answer but ${answer ?? 'none'}`;
      else await sleep(250);
      if (order.isAcked || order.refused !== null) order.endedAt = Date.now();
    }
  }

  /** @returns the status; null where there was no answer */
  async #ask(method: string, path: string, body?: object): Promise<number | null> {
    const token = signDevelopmentToken(this.secret, { userId: 'application', scope: 'service', seconds: 60 });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      return (await fetch(`${this.http}${path}`, { method, headers, signal, ...sent })).status;
    } catch {
      return null;
    }
  }

  /** Until it is told to stop, at most. */
  async #pause(ms: number): Promise<void> {
    await sleep(Math.max(0, ms), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
