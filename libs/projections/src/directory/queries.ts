import { encodeId } from '#domain';
import { type AskedReadModels, type DocumentStore, Served } from '#read-models';
import { DIRECTORY_FORMAT, type PersonDocument } from './documents.js';

/** Above every encoded id. */
const ABOVE_IDS = '~';

/** The queries on the directory: what people are called and which clan they are in, as the projector has it. */
export class Directory {
  constructor(private readonly store: DocumentStore) {}

  async person(userId: string): Promise<PersonDocument | null> {
    return (await this.store.get<PersonDocument>('people', [encodeId(userId)]))[0] ?? null;
  }

  /**
   * People who are in a clan, in the order of their ids (encoded), from behind `after` on. Whoever joins or leaves between
   * two pages is on one of them or on none; all others are on one.
   */
  members(
    clanId: string,
    options: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<PersonDocument[]> {
    const { after, limit } = options;
    const from = after === undefined ? '' : `${encodeId(after)}\0`;
    return this.store.range('people', { from, to: ABOVE_IDS, limit, having: { field: 'clanId', value: clanId } });
  }
}

/** The directory as it is served. */
export class ServedDirectory extends Served<Directory> {
  constructor(readModels: AskedReadModels) {
    super(readModels, { name: 'directory', format: DIRECTORY_FORMAT }, (store) => new Directory(store));
  }
}
