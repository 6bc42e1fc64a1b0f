import type { StreamConfig, StreamState } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { Connection, isMissing, type ServerOptions } from '../connection.js';
import { LogUnavailable } from '../outcomes.js';
import { keyStream } from '../keys/key-store.js';
import { revocationStream } from '../revocations.js';
import { deadLetterStream, RESTORED, RESTORING } from '../stream.js';
import { workerStream } from '../workers.js';
import { type BackedUpStream, Snapshots } from './snapshots.js';

/** How long another one has to say that it is at work. */
const ANNOUNCED_MS = 1_000;

/** A stream that is there where a log is to be restored. */
export interface Standing {
  readonly name: string;
  readonly messages: number;
  /** Which restoring made it, or is at it; null where none did. */
  readonly restoring: string | null;
  /** Whether that has come to its end. */
  readonly isWhole: boolean;
}

/**
 * Backups of the streams of a log. What is the truth: the events; the letters, of which those of in-mail are nowhere
 * else; what is revoked, until the tokens end; the keys, which are kept apart. The workers that are present, and the trial
 * of whether anything is stored, are of the moment.
 */
export class Backups {
  private readonly snapshots: Snapshots;
  /** The streams of a backup of the log, the events first. */
  readonly ofLog: readonly string[];
  /** That of the keys. */
  readonly ofKeys: string;

  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    /** Under which its events lie. */
    readonly subject: string,
    private readonly server: ServerOptions,
  ) {
    this.snapshots = new Snapshots(connection);
    this.ofLog = [stream, deadLetterStream(stream), revocationStream(stream)];
    this.ofKeys = keyStream(stream);
  }

  get serverVersion(): string {
    return this.connection.nats.info?.version ?? '';
  }

  /** What the `nats` command line calls the snapshot's file: servers before 2.15 write another format. */
  get fileName(): string {
    const [major = 0, minor = 0] = this.serverVersion.split('.').map(Number);
    return major > 2 || (major === 2 && minor >= 15) ? 'stream.arc.s2' : 'stream.tar.s2';
  }

  /** @throws SnapshotRefused, LogUnavailable */
  take(name: string, write: (part: Uint8Array) => Promise<void>, signal?: AbortSignal): Promise<BackedUpStream> {
    return this.snapshots.take(name, write, signal);
  }

  /** Those of this log's streams that are there. @throws LogUnavailable */
  async standing(): Promise<Standing[]> {
    const names = [...this.ofLog, this.ofKeys, workerStream(this.stream), `${this.stream}_TRIAL`];
    const found = await Promise.all(names.map((name) => this.#standing(name)));
    return found.filter((one) => one !== null);
  }

  /**
   * Tells whoever asks that this one restores, for as long as the connection lasts: so what somebody is at is told from what
   * one left that was killed.
   * @returns whether it is the only one
   * @throws LogUnavailable
   */
  async announce(restoring: string): Promise<boolean> {
    const { nats } = this.connection;
    const subject = this.connection.commonInbox(`restoring.${this.stream}`);
    // Heard before it is asked: of two that begin together at least one is told of the other.
    nats.subscribe(subject, {
      callback: (_, question) => {
        if (question.string() !== restoring) question.respond();
      },
    });
    try {
      await nats.request(subject, restoring, { timeout: ANNOUNCED_MS });
      return false;
    } catch (error) {
      if (error instanceof errors.TimeoutError) return true;
      throw new LogUnavailable(`whether another one restores is not known: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /**
   * Makes a stream of a snapshot. Until {@link finish} it takes nothing, and nobody works on it: a part of a log that
   * looks whole would be written to.
   * @throws SnapshotRefused, LogUnavailable
   */
  async put(
    { config, state }: BackedUpStream,
    restoring: string,
    bytes: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<StreamState> {
    const hidden = {
      ...this.#fitting(config),
      subjects: [`restoring.${config.name}`],
      metadata: { ...config.metadata, [RESTORING]: restoring },
    };
    // What comes in on a connection waits until what came before is stored, and nothing is answered meanwhile.
    const connection = await Connection.open({ ...this.server, patient: true });
    try {
      return await new Snapshots(connection).put({ config: hidden, state }, bytes, signal);
    } finally {
      await connection.close();
    }
  }

  /** From now on it is what it was. @param restored says which log it is from now on: see {@link EventLog.restoredAt} */
  async finish({ config }: BackedUpStream, restoring: string, restored: number): Promise<void> {
    const metadata = { ...config.metadata, [RESTORED]: `${restored} ${restoring}` };
    const { streams } = this.connection.jetstream;
    const update = () => streams.update(config.name, { ...this.#fitting(config), metadata });
    await this.connection.answer(update);
  }

  /** What an earlier restoring left. @throws LogUnavailable */
  async remove(name: string): Promise<void> {
    try {
      await this.connection.answer(() => this.connection.jetstream.streams.delete(name));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** A single server keeps no copies; projectors see to them once there is a cluster. */
  #fitting(config: StreamConfig): StreamConfig {
    return this.connection.nats.info?.cluster === undefined ? { ...config, num_replicas: 1 } : config;
  }

  async #standing(name: string): Promise<Standing | null> {
    try {
      const { config, state } = await this.connection.answer(() => this.connection.jetstream.streams.info(name));
      const { [RESTORING]: restoring, [RESTORED]: restored } = config.metadata ?? {};
      const by = restoring ?? restored?.split(' ')[1] ?? null;
      return { name, messages: state.messages, restoring: by, isWhole: restoring === undefined };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }
}
