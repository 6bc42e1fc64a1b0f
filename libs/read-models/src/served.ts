import { ReadModelsUnavailable } from './store.js';
import { versionName, type VersionRegistry } from './versions.js';

/** What is known is older than this at most, in ms: so long after a swap everybody asks the new version. */
export const PIN_AGE_MS = 500;

/** The queries on one version of a projection. */
export interface Pinned<Queries> {
  readonly version: number;
  readonly queries: Queries;
}

/** Which projection is asked, and in which format. */
export interface Asked {
  readonly name: string;
  readonly format: number;
}

/** What is served is of another release than this one: nothing here can read it, and only a swap changes that. */
export class OtherFormat extends ReadModelsUnavailable {}

/** The version of a projection that is served. Who answers a question pins it once, so no answer is of two versions. */
export class Served<Queries> {
  #pinned: Pinned<Queries> | null = null;
  #readAt = -Infinity;
  #reading: Promise<Pinned<Queries>> | null = null;

  constructor(
    private readonly registry: VersionRegistry,
    private readonly asked: Asked,
    private readonly open: (version: number) => Queries,
  ) {}

  /** What was served within the last {@link PIN_AGE_MS}. @throws ReadModelsUnavailable, also where none is served; OtherFormat */
  async pin(): Promise<Pinned<Queries>> {
    if (this.#pinned && performance.now() - this.#readAt <= PIN_AGE_MS) return this.#pinned;
    return (this.#reading ??= this.#read().finally(() => (this.#reading = null)));
  }

  async #read(): Promise<Pinned<Queries>> {
    const { name, format } = this.asked;
    const readAt = performance.now();
    const versions = await this.registry.read(name);
    if (!versions) throw new ReadModelsUnavailable(`no projector has run ${name} yet: start one`);
    const { serving } = versions;
    if (serving.format !== format) {
      throw new OtherFormat(
        `${versionName(name, serving.number)} has format ${serving.format}, and this release reads format ${format}: ` +
          `rebuild ${name} with the release that is to serve it`,
      );
    }
    this.#readAt = readAt;
    if (this.#pinned?.version !== serving.number) {
      this.#pinned = { version: serving.number, queries: this.open(serving.number) };
    }
    return this.#pinned;
  }
}
