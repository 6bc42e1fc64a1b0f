import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnNats } from '../servers/own-nats.js';
import type { LivingGateway } from './living-gateway.js';
import type { LivingProjections } from './living-projections.js';

/** What can be broken here. */
export const FAULTS = ['projector', 'gateway', 'nats', 'network', 'flood'] as const;
export type FaultKind = (typeof FAULTS)[number];

/** For how long, ms. */
const DEAD_MS = 3_000;
const CUT_MS = 6_000;
/** So that who has asked for it is answered before. */
const ANSWERED_MS = 100;
const KEPT = 100;

/** Something that was broken. */
export interface Fault {
  readonly id: number;
  readonly kind: FaultKind;
  /** Ms since 1970. */
  readonly from: number;
  /** When it was mended; null while it is broken. */
  readonly until: number | null;
  /** What there is to say of it. */
  readonly said: string | null;
}

interface Breakable {
  readonly projections: Pick<LivingProjections, 'kill' | 'restart'>;
  /** The one that the page talks to. */
  readonly gateway: () => Pick<LivingGateway, 'kill' | 'restart' | 'network'>;
  /** Null where it is somebody else's. */
  readonly nats: Pick<OwnNats, 'kill' | 'restart'> | null;
  readonly flood: (clan: string | null, signal: AbortSignal) => Promise<string>;
}

/** Breaks parts of this process and its servers, as they break by themselves, each for a while: it mends by itself. */
export class Faults {
  #faults: readonly Fault[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #lastId = 0;

  constructor(private readonly parts: Breakable) {}

  /** The latest ones, oldest first. */
  get all(): readonly Fault[] {
    return this.#faults;
  }

  /** What cannot be broken, and why. */
  get spared(): Partial<Record<FaultKind, string>> {
    return this.parts.nats ? {} : { nats: 'NATS is not this server’s own: NATS_URL names it' };
  }

  /**
   * Breaks something; where it is broken already that is all.
   * @param clan whose room is flooded; null for the global room
   */
  begin(kind: FaultKind, clan: string | null): Fault | null {
    if (this.spared[kind] !== undefined || this.#stopping.signal.aborted) return null;
    const underWay = this.#faults.find((fault) => fault.kind === kind && fault.until === null);
    if (underWay) return underWay;
    const fault: Fault = { id: ++this.#lastId, kind, from: Date.now(), until: null, said: null };
    this.#faults = [...this.#faults, fault].slice(-KEPT);
    const running = this.#run(fault, clan).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return fault;
  }

  /** Nothing is broken any more; what this process has killed stays dead, but for the servers. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #run({ id, kind }: Fault, clan: string | null): Promise<void> {
    let said: string | null;
    await this.#pause(ANSWERED_MS);
    this.#change(id, { from: Date.now() });
    try {
      said = await this.#break(kind, clan);
    } catch (error) {
      said = `not mended: ${(error as Error).message}`;
    }
    this.#change(id, { until: Date.now(), said });
  }

  async #break(kind: FaultKind, clan: string | null): Promise<string | null> {
    const { projections, gateway, nats, flood } = this.parts;
    const { signal } = this.#stopping;
    switch (kind) {
      case 'projector':
        projections.kill();
        await this.#pause(DEAD_MS);
        if (!signal.aborted) projections.restart();
        return null;
      case 'gateway':
        gateway().kill();
        await this.#pause(DEAD_MS);
        await gateway().restart(signal);
        return null;
      case 'nats':
        nats?.kill();
        await this.#pause(DEAD_MS);
        await nats?.restart();
        return null;
      case 'network':
        gateway().network.cut();
        await this.#pause(CUT_MS);
        gateway().network.mend();
        return null;
      case 'flood':
        return flood(clan, signal);
    }
  }

  #change(id: number, to: Partial<Fault>): void {
    this.#faults = this.#faults.map((fault) => (fault.id === id ? { ...fault, ...to } : fault));
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
