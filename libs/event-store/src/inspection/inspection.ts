import type { Connection, ServerOptions } from '../connection.js';
import { differencesOf } from '../stream.js';
import type { Subjects } from '../subjects.js';
import { tryRights, type RightsFound, type RoleName } from './rights.js';

/** Where a clock stands, beside ours. */
export interface ClockReading {
  /** By how much it is ahead of ours, in ms. */
  readonly aheadMs: number;
  /** By how much that may be wrong, as the answer took so long. */
  readonly withinMs: number;
}

/** What a server has for streams, and what they take, in bytes. */
export interface Room {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
}

/** A consumer of the log. */
export interface FoundConsumer {
  readonly name: string;
  /** Gone by itself where nobody asks it. */
  readonly isTemporary: boolean;
  readonly pending: number;
}

/** What an operator asks of the servers of a log. Changes nothing. */
export class Inspection {
  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
    private readonly options: ServerOptions,
  ) {}

  get server(): { readonly version: string; readonly node: string; readonly asksForLogin: boolean } {
    const {
      version = '',
      server_name: node = '',
      auth_required: asksForLogin = false,
    } = this.connection.nats.info ?? {};
    return { version, node, asksForLogin };
  }

  /** @throws LogUnavailable */
  async clock(): Promise<ClockReading> {
    const [before, from] = [performance.now(), Date.now()];
    const { ts } = await this.connection.answer(() => this.connection.jetstream.streams.info(this.stream));
    const took = performance.now() - before;
    return { aheadMs: Date.parse(ts ?? '') - (from + took / 2), withinMs: took / 2 };
  }

  /** How the streams differ from what they should be, a line each; `replicas` where it is known. @throws LogUnavailable */
  differences(replicas: number): Promise<string[]> {
    return differencesOf(this.connection, this.stream, this.subjects, replicas);
  }

  /** What has a bound: the account, and the stream of the events. @throws LogUnavailable */
  async rooms(): Promise<Room[]> {
    const { jetstream } = this.connection;
    const account = await this.connection.answer(() => jetstream.getAccountInfo());
    const { config, state } = await this.connection.answer(() => jetstream.streams.info(this.stream));
    return [
      { name: 'the account at NATS (max_file_store)', used: account.storage, limit: account.limits.max_storage },
      { name: `${this.stream} (max_bytes)`, used: state.bytes, limit: config.max_bytes },
    ].filter(({ limit }) => limit > 0);
  }

  /** @throws LogUnavailable */
  async consumers(): Promise<FoundConsumer[]> {
    return this.connection.answer(async () => {
      const found: FoundConsumer[] = [];
      for await (const { name, config, num_pending, num_ack_pending } of this.connection.jetstream.consumers.list(
        this.stream,
      )) {
        found.push({ name, isTemporary: config.durable_name === undefined, pending: num_pending + num_ack_pending });
      }
      return found;
    });
  }

  /** What a role may and may not do that it should not and should, by trying. @throws LogUnavailable */
  rights(role: RoleName, password: string): Promise<RightsFound> {
    return tryRights(
      { ...this.options, user: role, password, name: `parley-${role}` },
      role,
      this.stream,
      this.subjects,
    );
  }
}
