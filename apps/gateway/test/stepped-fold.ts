import type { AskedLive, LogRecord } from '#event-store';
import { decodeRecord } from '#event-store';
import type { Projection, View } from '#projections';
import type { Document, DocumentStore } from '#read-models';

export interface SteppedFoldParts<Change> {
  readonly projection: Projection<Change>;
  readonly version: number;
  readonly records: readonly LogRecord[];
  readonly store: DocumentStore;
  readonly live: AskedLive;
}

/**
 * A projection that is folded a step at a time: when its documents are there, which of them first, and when they are
 * told is in the test's hands.
 */
export class SteppedFold<Change> {
  readonly #documents = new Map<string, Map<string, Document>>();
  #folded = 0;
  #unwritten: { readonly collection: string; readonly document: Document }[] = [];
  #untold: Change[] = [];

  constructor(private readonly parts: SteppedFoldParts<Change>) {}

  /** Folds what has come, writes it and tells of it, as a projector does. */
  async run(): Promise<void> {
    this.fold();
    await this.write();
    this.tell();
  }

  /** Folds what has come to the log. */
  fold(): void {
    const { projection, records } = this.parts;
    for (const record of records.slice(this.#folded)) {
      const { documents, change } = projection.fold(this.#view, decodeRecord(record));
      for (const { collection, document } of documents) this.#collection(collection).set(document._id, document);
      this.#unwritten.push(...documents);
      if (change !== null) this.#untold.push(change);
    }
    this.#folded = records.length;
  }

  /** Writes what was folded: all of it, or what is of one collection. */
  async write(only?: string): Promise<void> {
    const due = this.#unwritten.filter(({ collection }) => only === undefined || collection === only);
    this.#unwritten = this.#unwritten.filter((written) => !due.includes(written));
    for (const { collection, document } of due) await this.parts.store.write(collection, [{ document, known: false }]);
  }

  /** What there is to be told, so far; it is told no more. */
  untold(): { readonly receiver: string; readonly text: string; readonly tell: () => void }[] {
    const { projection, version, live } = this.parts;
    const texts = projection.announce(this.#untold, version);
    this.#untold = [];
    return texts.map((to) => ({
      receiver: 'room' in to ? to.room : to.userId,
      text: to.text,
      tell: () => {
        if ('room' in to) live.publishToRoom(to.room, to.text);
        else live.publishToUser(to.userId, to.text);
      },
    }));
  }

  tell(): void {
    for (const { tell } of this.untold()) tell();
  }

  readonly #view: View = {
    get: (collection, id) => this.#collection(collection).get(id) ?? null,
    find: (collection, value) => {
      const { index } = this.parts.projection.collections.find(({ name }) => name === collection)!;
      const documents = [...this.#collection(collection).values()] as (Document & Record<string, unknown>)[];
      return documents.find((document) => document[index!] === value) ?? null;
    },
  };

  #collection(name: string): Map<string, Document> {
    const documents = this.#documents.get(name) ?? new Map<string, Document>();
    this.#documents.set(name, documents);
    return documents;
  }
}
