import { type DocumentStore, type ReadModels, ReadModelsUnavailable } from './store.js';
import { versionName } from './versions.js';

/** What is known is older than this at most, in ms: so long after a swap everybody asks the new version. */
export const PIN_AGE_MS = 500;

/** The queries on one version of a projection. */
export interface Pinned<Queries> {
  readonly version: number;
  /** Those that were served before it and went on to be what it is: a version that is not among them was lost. */
  readonly earlier: readonly number[];
  readonly queries: Queries;
}

/** What queries are asked of. */
export type AskedReadModels = Pick<ReadModels, 'versions' | 'projection'>;

/** Which projection is asked, and in which format. */
export interface Asked {
  readonly name: string;
  readonly format: number;
}

/**
 * There is nothing that could be asked: no projector has run on this database (since it was emptied), or what is served
 * is of another release than this one.
 */
export class NotServed extends ReadModelsUnavailable {}

/** The version of a projection that is served. Who answers a question pins it once, so no answer is of two versions. */
export class Served<Queries> {
  #pinned: Pinned<Queries> | null = null;
  #readAt = -Infinity;
  #reading: Promise<Pinned<Queries>> | null = null;

  constructor(
    private readonly readModels: AskedReadModels,
    private readonly asked: Asked,
    private readonly open: (store: DocumentStore) => Queries,
  ) {}

  /** What was served within the last {@link PIN_AGE_MS}. @throws NotServed, ReadModelsUnavailable */
  async pin(): Promise<Pinned<Queries>> {
    if (this.#pinned && performance.now() - this.#readAt <= PIN_AGE_MS) return this.#pinned;
    return (this.#reading ??= this.#read().finally(() => (this.#reading = null)));
  }

  async #read(): Promise<Pinned<Queries>> {
    const { name, format } = this.asked;
    const readAt = performance.now();
    const versions = await this.readModels.versions.read(name);
    if (!versions) throw new NotServed(`no projector has run ${name} yet: start one that has it among its PROJECTIONS`);
    const { serving } = versions;
    if (serving.format !== format) {
      throw new NotServed(
        `${versionName(name, serving.number)} has format ${serving.format}, and this release reads format ${format}: ` +
          `rebuild ${name} with the release that is to serve it`,
      );
    }
    this.#readAt = readAt;
    const known = this.#pinned?.version === serving.number ? this.#pinned.queries : null;
    const earlier = versions.old.flatMap(({ number, outdated }) => (outdated ? [] : [number]));
    this.#pinned = {
      version: serving.number,
      earlier,
      queries: known ?? this.open(this.readModels.projection(name, serving.number)),
    };
    return this.#pinned;
  }
}
