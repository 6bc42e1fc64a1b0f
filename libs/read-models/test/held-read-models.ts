import { Gates } from '../../event-store/test/gates.js';
import {
  type Document,
  type DocumentStore,
  type Highest,
  memoryReadModels,
  type Range,
  type ReadModels,
  versionName,
} from '../src/index.js';

/**
 * Read models in memory whose answers a test holds back. The gates are named `<what> <collection> of <version>`, such
 * as `range messages of timeline-1`, and `versions`, `checkpoint`.
 */
export interface HeldReadModels extends ReadModels {
  readonly gates: Gates;
}

export function heldReadModels(): HeldReadModels {
  const inner = memoryReadModels();
  const gates = new Gates();
  return {
    ...inner,
    gates,
    versions: {
      read: (projection) => held(gates, 'versions', () => inner.versions.read(projection)),
      replace: (projection, to) => inner.versions.replace(projection, to),
    },
    checkpoints: {
      claim: (id, owner) => inner.checkpoints.claim(id, owner),
      read: (id) => held(gates, 'checkpoint', () => inner.checkpoints.read(id)),
      save: (saves) => inner.checkpoints.save(saves),
    },
    projection: (name, version) => new HeldStore(inner.projection(name, version), gates, versionName(name, version)),
  };
}

async function held<T>(gates: Gates, name: string, ask: () => Promise<T>): Promise<T> {
  await gates.pass(name);
  const answer = await ask();
  await gates.pass(`${name} answer`);
  return answer;
}

class HeldStore implements DocumentStore {
  constructor(
    private readonly inner: DocumentStore,
    private readonly gates: Gates,
    private readonly version: string,
  ) {}

  setUp(...args: Parameters<DocumentStore['setUp']>): Promise<void> {
    return this.inner.setUp(...args);
  }

  get<D extends Document>(collection: string, ids: readonly string[]): Promise<D[]> {
    return this.held(`get ${collection}`, () => this.inner.get<D>(collection, ids));
  }

  findBy<D extends Document>(collection: string, field: string, values: readonly string[]): Promise<D[]> {
    return this.held(`find ${collection}`, () => this.inner.findBy<D>(collection, field, values));
  }

  range<D extends Document>(collection: string, range: Range): Promise<D[]> {
    return this.held(`range ${collection}`, () => this.inner.range<D>(collection, range));
  }

  highest<D extends Document>(collection: string, highest: Highest): Promise<D[]> {
    return this.held(`highest ${collection}`, () => this.inner.highest<D>(collection, highest));
  }

  write(...args: Parameters<DocumentStore['write']>): Promise<void> {
    return this.inner.write(...args);
  }

  private held<T>(asked: string, ask: () => Promise<T>): Promise<T> {
    return held(this.gates, `${asked} of ${this.version}`, ask);
  }
}
