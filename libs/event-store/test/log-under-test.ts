import { randomBytes } from 'node:crypto';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { keySequence, type MessageCreated, type Room } from '#domain';
import { EventLog, type LogOptions, type LogRecord } from '../src/index.js';

const SERVERS = process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222';

/** A stream of one test file's own, with as many connections to it as the test opens. */
export class LogUnderTest {
  private readonly logs: EventLog[] = [];

  private constructor(readonly options: LogOptions) {}

  /** Set up already, unless it is `bare`. */
  static async create(servers = SERVERS, bare = false): Promise<LogUnderTest> {
    const token = randomBytes(4).toString('hex');
    const stream = `TEST_${token.toUpperCase()}`;
    const created = new LogUnderTest({ servers, stream, prefix: `test-${token}`, name: 'event-store test' });
    if (!bare) await (await created.open()).setUp();
    return created;
  }

  async open(options: Partial<LogOptions> = {}): Promise<EventLog> {
    const log = await EventLog.connect({ ...this.options, ...options });
    this.logs.push(log);
    return log;
  }

  /** The client itself, for what a test has to see or to spoil. */
  async jetstream<T>(use: (jetstream: JetStreamManager) => Promise<T>): Promise<T> {
    const nats = await connect({ servers: this.options.servers });
    try {
      return await use(await jetstreamManager(nats));
    } finally {
      await nats.close();
    }
  }

  /** Stores a message of the test's own making beside the events. */
  async publish(subject: string, text: string): Promise<void> {
    const nats = await connect({ servers: this.options.servers });
    await nats.request(`${this.options.prefix}.${subject}`, text);
    await nats.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.logs.splice(0).map((log) => log.close()));
  }

  /** Closes everything and deletes the streams. */
  async remove(): Promise<void> {
    await this.closeAll();
    await this.jetstream(async ({ streams }) => {
      for (const suffix of ['', '_DEAD', '_MEMBERS', '_TRIAL', '_REVOKED', '_KEYS']) {
        await streams.delete(this.options.stream + suffix).catch(() => undefined);
      }
    });
  }
}

export const nextKey = keySequence(randomBytes(8));

export function message(room: Room, content: string, key = nextKey()): MessageCreated {
  const sender = { id: '7', name: 'Ada', avatar: null };
  return {
    type: 'MessageCreated',
    room,
    id: `msg.${key}`,
    at: new Date().toISOString(),
    messageId: key,
    sender,
    content,
  };
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export const contentOf = (record: LogRecord): string => (JSON.parse(record.body) as MessageCreated).content;
