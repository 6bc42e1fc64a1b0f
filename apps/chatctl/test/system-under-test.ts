import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { clanRoom, directRoom, type DomainEvent, keySequence, type MessageCreated, type Room, userRoom } from '#domain';
import { EventLog } from '#event-store';
import { directory, type Projection, timeline, Runner } from '#projections';
import { firstVersion, openMongodbReadModels, type ReadModels } from '#read-models';
import { allFolded } from '../../../libs/projections/test/all-folded.js';
import { chatctl } from '../src/chatctl.js';

const SERVERS = process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222';
export const MONGODB_URL = process.env['TEST_MONGODB_URL'];

const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:05.678Z';

export interface Run {
  readonly status: number;
  readonly out: string;
  /** What is said beside the result. */
  readonly told: string;
  readonly complaints: string;
}

/** A log and a database of its own, with as many workers as the test starts, and chatctl pointed at them. */
export class SystemUnderTest {
  private readonly workers: Runner<unknown>[] = [];
  /** As Ctrl-C would. */
  interruption = new AbortController();

  private constructor(
    /** What chatctl finds in its environment. */
    readonly env: NodeJS.ProcessEnv,
    readonly log: EventLog,
    readonly readModels: ReadModels,
  ) {}

  /** @param seals whether the texts in its log are sealed */
  static async create(servers = SERVERS, seals = false): Promise<SystemUnderTest> {
    const token = randomBytes(4).toString('hex');
    const [stream, prefix, database] = [`CTL_${token}`, `ctl-${token}`, `chatctl-${token}`];
    const key = randomBytes(32);
    const encryption = { masterKeys: [key], seals };
    const log = await EventLog.connect({ servers, stream, prefix, name: 'chatctl test', encryption });
    await log.setUp();
    const url = MONGODB_URL ?? '';
    const readModels = await openMongodbReadModels({ url, database });
    const env = {
      ...{ NATS_URL: servers, MONGODB_URL: url, KEYS_MASTER: key.toString('base64') },
      ...{ EVENT_STREAM: stream, SUBJECT_PREFIX: prefix, MONGODB_DATABASE: database },
    };
    return new SystemUnderTest(env, log, readModels);
  }

  /** The same log and read models, where the log is on another server by now, or the read models in another database. */
  async elsewhere(env: { readonly NATS_URL: string; readonly MONGODB_DATABASE?: string }): Promise<SystemUnderTest> {
    const all: NodeJS.ProcessEnv = { ...this.env, ...env };
    const { EVENT_STREAM: stream = '', SUBJECT_PREFIX: prefix = '', KEYS_MASTER: key = '' } = all;
    const encryption = { masterKeys: [Buffer.from(key, 'base64')], seals: true };
    const log = await EventLog.connect({ servers: env.NATS_URL, stream, prefix, name: 'chatctl test', encryption });
    const readModels = await openMongodbReadModels({ url: MONGODB_URL ?? '', database: all['MONGODB_DATABASE'] ?? '' });
    return new SystemUnderTest(all, log, readModels);
  }

  /** Folds with a runner that begins versions by itself. */
  run(owner: string, projection: Projection<unknown>): Runner<unknown> {
    const { log, readModels } = this;
    const worker = new Runner({ projection, log, readModels, owner, logger: quiet });
    this.workers.push(worker);
    void worker.start();
    return worker;
  }

  async close(): Promise<void> {
    await this.stopWorkers();
    await this.log.close();
    await this.readModels.close();
  }

  start(owner: string, projection: Projection<unknown> = timeline): Runner<unknown> {
    const { log, readModels } = this;
    const worker = new Runner({ projection, log, readModels, owner, logger: quiet });
    void this.countFromOne(projection).then(() => worker.start());
    this.workers.push(worker);
    return worker;
  }

  /** So that a test can name the versions of a projection, where nobody has run it yet. */
  async countFromOne({ name, format }: Pick<Projection<unknown>, 'name' | 'format'>): Promise<void> {
    await this.readModels.versions.replace(name, firstVersion(format, 1));
  }

  /** The partitions that its workers own, together. */
  owned(): number[] {
    return this.workers.flatMap(({ owned }) => owned);
  }

  startBoth(): void {
    this.start('one', timeline);
    this.start('two', directory);
  }

  async stopWorkers(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.stop()));
  }

  /** Until the workers have folded everything for good, those of a projection together. */
  async folded(): Promise<void> {
    await until('all is folded', allFolded(this.workers, this.log, this.readModels));
  }

  /** @returns its sequence */
  async append(event: DomainEvent): Promise<number> {
    const stored = await this.log.append(event);
    if (stored === 'conflict') throw new Error('conflict');
    return stored.seq;
  }

  chatctl(...words: string[]): Promise<Run> {
    return this.chatctlWith('', ...words);
  }

  /** @param input its standard input */
  async chatctlWith(input: string | Readable, ...words: string[]): Promise<Run> {
    const out = new PassThrough({ encoding: 'utf8' });
    const progress = new PassThrough({ encoding: 'utf8' });
    let [printed, told, complaints] = ['', '', ''];
    progress.on('data', (text: string) => (told += text));
    out.on('data', (text: string) => (printed += text));
    const status = await chatctl(
      words,
      { env: this.env, input: Readable.from(input), out, progress, interrupted: () => this.interruption.signal },
      (text) => (complaints += `${text}\n`),
    );
    // What is written last comes in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    return { status, out: printed, told, complaints };
  }
}

export async function until(what: string, holds: () => Promise<boolean> | boolean, limitMs = 30_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function posted(room: Room, content: string, senderId = '1'): MessageCreated {
  const key = nextKey();
  const sender = { id: senderId, name: 'Ada', avatar: null };
  return { type: 'MessageCreated', room, id: `msg.${key}`, at, messageId: key, sender, content };
}

/** Something of everything: rooms, reactions, a direct chat, people. */
export function* conversation(rounds: number): Generator<DomainEvent, void> {
  const direct = directRoom('1', '2');
  yield { type: 'ChatCreated', room: direct, id: `chat.${nextKey()}`, at, by: '1', users: ['1', '2'] };
  for (let round = 1; round <= rounds; round++) {
    const room = clanRoom(String(round % 7));
    const message = posted(room, `message ${round}`);
    yield message;
    const { messageId } = message;
    const fact = { room, at, messageId, userId: '9' };
    yield { type: 'ReactionAdded', id: `react.${nextKey()}`, ...fact, userName: 'Bob', emoji: '👍' };
    yield posted(direct, `direct ${round}`, String(1 + (round % 2)));
    yield { type: 'MessagesSeen', room: direct, id: `seen.${nextKey()}`, at, userId: '2', n: round };
    yield profile(String(round % 20), `name ${round}`);
  }
}

export const profile = (userId: string, name: string): DomainEvent => ({
  type: 'ProfileChanged',
  room: userRoom(userId),
  id: `profile.${nextKey()}`,
  at,
  userId,
  name,
  avatar: null,
});
