import { encodeId } from '#domain';
import type { PersonDocument } from './documents.js';
import type { CollectionDefinition, DocumentStore } from './store.js';

export const DIRECTORY_FORMAT = 1;

export const directoryCollections = [{ name: 'people' }] as const satisfies readonly CollectionDefinition[];

/** The queries on the directory: what people are called and which clan they are in, as the projector has it. */
export class Directory {
  constructor(private readonly store: DocumentStore) {}

  async person(userId: string): Promise<PersonDocument | null> {
    return (await this.store.get<PersonDocument>('people', [encodeId(userId)]))[0] ?? null;
  }
}
