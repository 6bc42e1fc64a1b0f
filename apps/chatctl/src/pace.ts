import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from './usage.js';

/** Timers take no longer ones. */
const LONGEST_MS = 2 ** 31 - 1;

/** How many times as quick as it happened: `10x`, `10` or `0.5x`. @throws UsageError */
export function speedOf(text: string): number {
  const speed = /^\d{1,6}(?:\.\d{1,3})?x?$/.test(text) ? Number.parseFloat(text) : 0;
  if (speed > 0) return speed;
  throw new UsageError(`--speed must be like 10x, 1x or 0.5x, not ${text}`);
}

/** Plays events at the pace at which the log stored them. */
export class Pace {
  #begun: { readonly at: number; readonly now: number } | null = null;

  constructor(
    private readonly speed: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** How long it is until what was stored at this time is due, in ms: 0 where it is already. */
  due(storedAt: number): number {
    this.#begun ??= { at: storedAt, now: this.now() };
    const { at, now } = this.#begun;
    return Math.max(0, now + (storedAt - at) / this.speed - this.now());
  }

  /** Waits until it is due. Where it is to end meanwhile, it ends. */
  async wait(storedAt: number, signal: AbortSignal): Promise<void> {
    for (let left = this.due(storedAt); left > 0 && !signal.aborted; left = this.due(storedAt)) {
      await sleep(Math.min(left, LONGEST_MS), undefined, { signal }).catch(() => undefined);
    }
  }
}
