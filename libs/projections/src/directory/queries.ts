import { encodeId } from '#domain';
import { type AskedReadModels, type DocumentStore, Served } from '#read-models';
import { DIRECTORY_FORMAT, type PersonDocument } from './documents.js';

/** The queries on the directory: what people are called and which clan they are in, as the projector has it. */
export class Directory {
  constructor(private readonly store: DocumentStore) {}

  async person(userId: string): Promise<PersonDocument | null> {
    return (await this.store.get<PersonDocument>('people', [encodeId(userId)]))[0] ?? null;
  }
}

/** The directory as it is served. */
export class ServedDirectory extends Served<Directory> {
  constructor(readModels: AskedReadModels) {
    super(readModels, { name: 'directory', format: DIRECTORY_FORMAT }, (store) => new Directory(store));
  }
}
