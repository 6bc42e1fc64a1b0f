import type { Connection, Frame } from './connection.js';
import { fullJitter, RETRY } from './reconnecting.js';
import type { Nack } from './refusal.js';

/** A frame without its id: what it says is asked for each time that it is sent. */
type Make = () => { readonly event: string; readonly data: unknown };

interface Sent {
  readonly make: Make;
  readonly tries: number;
}

/**
 * What a connection stands on, such as where its rooms go on: sent again for as long as the server refuses it for the
 * moment only. With the connection all of it ends: the next one begins with its own.
 */
export class Insistence {
  readonly #sent = new Map<string, Sent>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(private readonly connection: Connection) {
    connection.on('state', () => {
      this.#sent.clear();
      for (const timer of this.#timers) clearTimeout(timer);
      this.#timers.clear();
    });
    connection.on('frame', (frame) => {
      this.#hear(frame);
    });
  }

  /** Sent where there is a connection; else it is not kept. */
  send(make: Make, tries = 0): void {
    const id = crypto.randomUUID();
    if (this.connection.send({ ...make(), id })) this.#sent.set(id, { make, tries });
  }

  #hear({ event, id, data }: Frame): void {
    const sent = this.#sent.get(id as string);
    if (!sent || (event !== 'ack' && event !== 'nack')) return;
    this.#sent.delete(id as string);
    const { retryable = false, retry_after = 0 } = data as Partial<Nack>;
    if (event === 'ack' || !retryable) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.send(sent.make, sent.tries + 1);
      },
      retry_after * 1_000 + fullJitter(RETRY, sent.tries),
    );
    this.#timers.add(timer);
  }
}
