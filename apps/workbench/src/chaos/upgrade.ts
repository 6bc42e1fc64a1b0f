import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chatctl } from '../apart/chatctl.js';
import { mainOf, type RoleProcess } from '../apart/role-process.js';
import { releaseToCome } from '../upgrade/release-to-come.js';
import type { Breaking, Watched } from './breaking.js';
import type { Breakable } from './faults.js';
import { type Finding, finding } from './invariants/finding.js';

/** People talk for so long between two steps. */
const BETWEEN_MS = 2_000;
const WAITS_LIMIT_MS = 30_000;
/** Until the roles beside are there, and wait. */
const BESIDE_MS = 8_000;

/** Of what `chatctl versions list --json` prints. */
interface Listed {
  readonly projection: string;
  readonly version: number;
  readonly state: string;
}

export interface Upgraded extends Omit<Breakable, 'breakNats'>, Watched {
  readonly folder: string;
  /** Resolves once everything that the log holds by then is folded, or rejects after a time. */
  readonly caughtUp: () => Promise<void>;
}

/**
 * From the release before to this one, in the order that the documents name; to one that writes messages of another
 * version, in the wrong order; and to one with a timeline of another format, which is built beside and then served.
 */
export class Upgrade implements Breaking {
  readonly made = new Map<string, number>();
  readonly failures: string[] = [];
  checkout: string | undefined = undefined;
  readonly #held: string[] = [];
  readonly #violations: string[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly system: Upgraded,
    private readonly say: (line: string) => void,
  ) {}

  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      this.failures.push(String(error));
    });
  }

  /** All of it is done. */
  async stop(): Promise<void> {
    await this.#running;
  }

  judge(): { kinds: []; findings: Finding[] } {
    const what = 'steps of an upgrade held, with nothing set aside';
    return { kinds: [], findings: [finding('I16', what, this.#held.length, this.#violations)] };
  }

  async #run(): Promise<void> {
    const { gateways, projectors, query, folder } = this.system;
    await this.#replace([...projectors, query, ...gateways], undefined, 'this release');
    await this.#step('all roles are replaced by those of this release', this.system.caughtUp());

    const next = releaseToCome(join(folder, 'next'), ['messages of another version']);
    // The next one would not be ready before what this one writes is folded.
    await this.#replace(gateways.slice(0, 1), next, 'the next release');
    await this.#step('projectors that cannot read what newer gateways write wait', this.#untilTheyWait(projectors));
    await this.#replace([projectors[0]!], next, 'the next release');
    await this.#step('one newer projector takes over what waits', this.system.caughtUp());
    await this.#replace([...projectors.slice(1), query, ...gateways.slice(1)], next, 'the next release');
    await this.#step('all roles are replaced by those of the next release', this.system.caughtUp());

    const after = releaseToCome(join(folder, 'after'), ['messages of another version', 'a timeline of another format']);
    await this.#besideAndServed(after);
    await this.#step('a timeline of another format is served', this.system.caughtUp());
    for await (const { projection, seq, reason } of this.system.log.letters.all()) {
      this.#violations.push(`event ${seq} was set aside by ${projection}: ${reason}`);
    }
  }

  async #replace(roles: readonly RoleProcess[], checkout: string | undefined, by: string): Promise<void> {
    for (const role of roles) {
      this.say(`a ${role.role} is replaced by that of ${by}`);
      await role.replaceBy(mainOf(role.role, checkout));
      const what = `times a ${role.role} replaced`;
      this.made.set(what, (this.made.get(what) ?? 0) + 1);
      await sleep(BETWEEN_MS);
    }
  }

  async #step(what: string, holds: Promise<void>): Promise<void> {
    await holds.then(
      () => this.#held.push(what),
      (error: unknown) => this.#violations.push(`${what}: ${String(error)}`),
    );
    this.say(what);
  }

  /** Each says why it is not ready, and is again once it has nothing more to do with it. */
  async #untilTheyWait(projectors: readonly RoleProcess[]): Promise<void> {
    const deadline = performance.now() + WAITS_LIMIT_MS;
    for (;;) {
      const said = await Promise.all(
        projectors.map(async ({ http }) => (await fetch(`${http}/health/ready`).catch(() => null))?.text() ?? ''),
      );
      if (said.some((text) => text.includes('waits before event'))) return;
      if (performance.now() > deadline) throw new Error(`none does: ${said.join('; ')}`);
      await sleep(100);
    }
  }

  /** As the documents say of a format that changed: the new ones beside, the rebuild, then the old ones end. */
  async #besideAndServed(checkout: string): Promise<void> {
    const { servers, log: _log, gateways, projectors, query, front, queryFront } = this.system;
    const { start } = servers;
    const coming = Promise.all([
      Promise.all(gateways.map(() => start('gateway', {}, checkout))),
      start('query', {}, checkout),
      Promise.all(projectors.map(() => start('projector', {}, checkout))),
    ]);
    // Where the rest fails.
    coming.catch(() => undefined);
    await sleep(BESIDE_MS);
    this.say('rebuilding the timeline in another format, with the roles of that release beside');
    await this.#chatctl(checkout, 'rebuild', 'timeline');
    const [newGateways, newQuery] = await coming;
    const portOf = ({ http }: RoleProcess): number => Number(new URL(http).port);
    front.lead(newGateways.map(portOf));
    queryFront.lead([portOf(newQuery)]);
    this.checkout = checkout;
    for (const role of [...gateways, query, ...projectors]) await role.kill('SIGTERM');
    // Nobody folds it any more: what it has of people who are erased from now on would stay in it.
    for (const version of await this.#oldVersions(checkout)) {
      await this.#chatctl(checkout, 'versions', 'remove', 'timeline', String(version), '--yes');
    }
    this.made.set('projection rebuilt', 1);
  }

  async #oldVersions(checkout: string): Promise<number[]> {
    const listed = await this.#chatctl(checkout, 'versions', 'list', '--json');
    const versions = listed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Listed);
    return versions
      .filter(({ projection, state }) => projection === 'timeline' && state === 'old')
      .map(({ version }) => version);
  }

  /** @returns what it printed */
  async #chatctl(checkout: string, ...args: readonly string[]): Promise<string> {
    const { nats, mongodb, keysFile } = this.system.servers;
    const { status, out } = await chatctl({ nats: nats.url, mongodb: mongodb.url, keysFile, checkout }, ...args);
    if (status !== 0) throw new Error(`chatctl ${args.join(' ')} ended with status ${status}`);
    return out;
  }
}
