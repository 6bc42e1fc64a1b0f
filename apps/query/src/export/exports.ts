import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { OnModuleDestroy } from '@nestjs/common';
import { httpFault, HttpRefusal } from '#platform';

export interface ExportLimits {
  /** How many a process makes at the same time: each reads the whole log. */
  readonly atOnce: number;
  /** How long one answer may take: who reads slowly keeps others from theirs. Milliseconds. */
  readonly time: number;
  /** How long nothing of an answer has to be taken for it to end. Milliseconds. */
  readonly idle: number;
}

const LIMITS: ExportLimits = { atOnce: 2, time: 600_000, idle: 30_000 };

export interface Begun {
  /** Aborted when it has to end, whole or not: it took too long, or the process ends. It can be gone on with. */
  readonly end: AbortSignal;
  /** How long nothing has to be taken for it to end. Milliseconds. */
  readonly idle: number;
  /** To be called when it is over. */
  readonly over: () => void;
}

/** The exports that are under way: few in all, and one of each person. */
export class Exports implements OnModuleDestroy {
  readonly #of = new Set<string>();
  readonly #closing = new AbortController();

  constructor(private readonly limits: ExportLimits = LIMITS) {}

  /** @throws HttpRefusal */
  begin(userId: string): Begun {
    if (this.#of.has(userId)) {
      const message = 'an export of this person is under way: read it to its end, or try again when it is over';
      throw new HttpRefusal(429, [httpFault('TOO_MANY', message)]);
    }
    if (this.#of.size >= this.limits.atOnce) {
      throw new HttpRefusal(503, [httpFault('UNAVAILABLE', 'other exports are under way: try again')]);
    }
    this.#of.add(userId);
    return {
      end: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.limits.time)]),
      idle: this.limits.idle,
      over: () => this.#of.delete(userId),
    };
  }

  onModuleDestroy(): void {
    this.#closing.abort();
  }
}

/**
 * Sends pieces as fast as they are read, and breaks off where nothing of them is, or where the export has to end. That a
 * client leaves, or does not read, is no fault of ours.
 */
export async function send(
  pieces: AsyncIterable<string>,
  response: ServerResponse,
  { end, idle }: Pick<Begun, 'end' | 'idle'>,
): Promise<void> {
  // Of the socket: what the other side takes of a large piece counts too.
  response.setTimeout(idle, () => response.destroy());
  try {
    await pipeline(Readable.from(pieces, { highWaterMark: 1 }), response, { signal: end });
  } catch (error) {
    const hasLeft = String((error as NodeJS.ErrnoException).code).startsWith('ERR_STREAM');
    if (!hasLeft && !end.aborted) throw error;
  }
}
