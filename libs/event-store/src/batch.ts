import type { Connection } from './connection.js';
import { EventHeaders } from './event-headers.js';

// What goes to the events' stream at once, as one atomic batch: stored whole, under sequences that follow each other,
// with a single sync to the disk, or not at all.

/** Of fewer, each by itself is quicker: a batch is written to a file of its own first, and synced there. */
const FEWEST = 32;
/** The server's own limit is 1,000. */
const MOST = 999;
/** Characters of all bodies together: what is stored at once is held in memory by both sides. */
const LARGEST = 1_048_576;
/** What a batch's headers may take more, bytes. */
const MORE_HEADERS = 256;

/** What may go with others. */
export interface Batchable {
  readonly subject: string;
  readonly body: string;
  readonly headers: EventHeaders;
}

/**
 * How many of the first that wait can go together; 0 where it is not worth it. The server refuses a batch with the same
 * message id twice in it, or with an expectation of a subject that an earlier one writes to: such a one waits for the
 * next.
 */
export function batchSize(waiting: readonly { readonly alone: boolean }[], maxPayload: number): number {
  if (waiting.length < FEWEST) return 0;
  const [ids, subjects] = [new Set<string>(), new Set<string>()];
  let characters = 0;
  for (const next of waiting) {
    if (ids.size >= MOST || next.alone || !isBatchable(next)) break;
    const { subject, body, headers } = next;
    characters += body.length;
    if (characters > LARGEST || !fits(next, maxPayload)) break;
    if (ids.has(headers.id) || (headers.expects && subjects.has(subject))) break;
    ids.add(headers.id);
    subjects.add(subject);
  }
  return ids.size < FEWEST ? 0 : ids.size;
}

/** Only events have headers of their own. */
const isBatchable = (publication: object): publication is Batchable =>
  (publication as Partial<Batchable>).headers instanceof EventHeaders;

/** Also where each character takes the most bytes that one can. */
const fits = ({ body, headers }: Batchable, maxPayload: number): boolean =>
  3 * body.length + headers.text.length + MORE_HEADERS <= maxPayload;

/** @throws where the client does not take one of them; then the server hears of no last one, and stores nothing */
export function sendBatch(connection: Connection, id: string, batch: readonly Batchable[], reply: string): void {
  for (const [i, { subject, body, headers }] of batch.entries()) {
    const isLast = i === batch.length - 1;
    connection.nats.publish(subject, Buffer.from(body), {
      headers: headers.inBatch(id, i + 1, isLast),
      ...(isLast && { reply }),
    });
  }
}
