import { encodeId } from '#domain';
import type { DocumentStore } from '#read-models';
import type { PersonDocument } from './documents.js';

/** The queries on the directory: what people are called and which clan they are in, as the projector has it. */
export class Directory {
  constructor(private readonly store: DocumentStore) {}

  async person(userId: string): Promise<PersonDocument | null> {
    return (await this.store.get<PersonDocument>('people', [encodeId(userId)]))[0] ?? null;
  }
}
