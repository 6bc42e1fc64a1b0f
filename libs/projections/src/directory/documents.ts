import type { CollectionDefinition, Document } from '#read-models';

export const DIRECTORY_FORMAT = 1;

export const directoryCollections = [
  { name: 'people', index: 'clanId', ordered: true },
] as const satisfies readonly CollectionDefinition[];

/** A person: `_id` is the encoded user id. A name or clan of null is one the log knows nothing of. */
export interface PersonDocument extends Document {
  readonly userId: string;
  readonly name: string | null;
  readonly avatar: string | null;
  readonly clanId: string | null;
  /** The sequences of the last `profile` and `member` events; 0 for none. */
  readonly profileSeq: number;
  readonly memberSeq: number;
}
