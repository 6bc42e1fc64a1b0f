import { randomBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import {
  clanRoom,
  type Decision,
  type DomainEvent,
  GLOBAL_ROOM,
  keySequence,
  openChat,
  type Person,
  postToChat,
  postToRoom,
  react,
  type RecordedEvent,
  type Room,
} from '#domain';
import { EventLog } from '#event-store';
import { createHttpApp } from '#http';
import { Health, signDevelopmentToken, Tokens } from '#platform';
import { type HttpSettings, loadConfig } from '#settings';
import { type Projection, timeline, Runner } from '#projections';
import { memoryReadModels, openMongodbReadModels, type ReadModels } from '#read-models';
import { allFolded } from '../../../libs/projections/test/all-folded.js';
import { serveOpenApi } from '../src/openapi.js';
import { OperationsModule } from '../src/operations/operations.module.js';
import { QueryModule } from '../src/query.module.js';
import { watch } from '../src/readiness.js';

const servers = process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222';
const secret = 'a secret for the tests of 32 bytes and more';

export const key = keySequence(randomBytes(8));

/** The read models that the suite runs on: those in memory, and MongoDB where there is one. */
export const stores: readonly (readonly [string, () => Promise<ReadModels>])[] = [
  ['in memory', () => Promise.resolve(memoryReadModels())],
  ...(process.env['TEST_MONGODB_URL'] === undefined
    ? []
    : [
        [
          'in MongoDB',
          () =>
            openMongodbReadModels({
              url: process.env['TEST_MONGODB_URL'] ?? '',
              database: `query-${randomBytes(4).toString('hex')}`,
            }),
        ] as const,
      ]),
];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** What is wrong, by an answer that refuses. */
export const reasons = ({ body }: Answer): unknown[] =>
  (body as { errors: { reason: string }[] }).errors.map(({ reason }) => reason);

/** The query side over HTTP, with a log and a projector of its own. */
export class QueryUnderTest {
  private constructor(
    private app: { url: string; close: () => Promise<void> },
    private readonly listen: (port: number) => Promise<{ url: string; close: () => Promise<void> }>,
    readonly log: EventLog,
    private readonly readModels: ReadModels,
    /** Of the timeline. */
    readonly worker: Runner<unknown>,
    private readonly newWorker: (projection: Projection<unknown>) => Runner<unknown>,
    private readonly close: () => Promise<void>,
  ) {}

  /**
   * @param more how far the read models may be behind, and whether the routes for operators are there
   * @param bare without the stream, which the first projector to run makes
   * @param http where it is not the default; how much may be asked for is not limited else
   */
  static async start(
    open: () => Promise<ReadModels>,
    more: number | { readonly operations: boolean } = 10_000,
    bare = false,
    http: Partial<HttpSettings> = { requestsPerSecond: 10_000, requestsBurst: 100_000 },
  ): Promise<QueryUnderTest> {
    const token = randomBytes(4).toString('hex');
    const options = { servers, stream: `QUERY_${token}`, prefix: `q-${token}`, name: 'query test' };
    const log = await EventLog.connect(options);
    if (!bare) await log.setUp();
    // As apart: a projector has a connection of its own.
    const projectorLog = await EventLog.connect(options);
    const readModels = await open();
    const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const workers: Runner<unknown>[] = [];
    const newWorker = (projection: Projection<unknown>) => {
      const worker = new Runner({ projection, log: projectorLog, readModels, owner: token, logger: quiet });
      workers.push(worker);
      return worker;
    };
    const worker = newWorker(timeline);
    const health = new Health();
    const [maxLagEvents, operations] = typeof more === 'number' ? [more, false] : [10_000, more.operations];
    watch(health, log, readModels, maxLagEvents);
    const { http: usual, limits } = loadConfig({}, 'standalone');
    const settings = { ...usual, ...http };
    const tokens = new Tokens({ secret, leewaySeconds: 0 }, log.revocations.follow());
    const listen = async (port: number) => {
      const module = QueryModule.of({ log, readModels, tokens, health, limits });
      if (operations) module.imports!.push(OperationsModule.of({ log, readModels, tokens, waitsForNewer: true }));
      const app = await createHttpApp(module, settings, false, tokens);
      serveOpenApi(app);
      await app.listen(port, '127.0.0.1');
      return { url: await app.getUrl(), close: () => app.close() };
    };
    const app = await listen(0);
    const close = async () => {
      await query.app.close();
      await Promise.all(workers.map((one) => one.stop()));
      await projectorLog.close();
      await log.close();
      await readModels.close();
    };
    const query = new QueryUnderTest(app, listen, log, readModels, worker, newWorker, close);
    if (!bare) await query.allRead();
    return query;
  }

  /** Until it is known which tokens are revoked. */
  async allRead(): Promise<void> {
    while (this.log.revocations.hindrance !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  get url(): string {
    return this.app.url;
  }

  /** Its HTTP side goes, and comes back at the same address. */
  async restart(): Promise<void> {
    await this.app.close();
    this.app = await this.listen(Number(new URL(this.url).port));
  }

  async stop(): Promise<void> {
    await this.close();
  }

  /** A token of a person; `service` is the surrounding application's. */
  token(userId: string, scope?: string, jti?: string): string {
    if (jti !== undefined) return jwt.sign({ player_id: userId, scope, jti }, secret, { expiresIn: 600 });
    return signDevelopmentToken(secret, { userId, seconds: 600, ...(scope !== undefined && { scope }) });
  }

  async request(method: string, path: string, token: string | null, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(this.url + path, { ...init, method, headers });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('application/json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  }

  get(path: string, userId: string): Promise<Answer> {
    return this.request('GET', path, this.token(userId));
  }

  /** As the surrounding application. */
  service(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
    const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return this.request(method, path, this.token('game', 'service'), body === undefined ? {} : json);
  }

  /** Appends what was decided. */
  async append<E extends DomainEvent>(decision: Decision<E>): Promise<RecordedEvent<E>> {
    if (!('event' in decision) || !decision.event) throw new Error('nothing to append');
    const stored = await this.log.append(decision.event);
    if (stored === 'conflict') throw new Error('conflict');
    return { ...decision.event, seq: stored.seq };
  }

  /** Until everything that is in the log can be asked for. */
  projected(): Promise<void> {
    return this.foldedBy(this.worker);
  }

  /** A projection beside the timeline: answers what waits until everything that is in the log can be asked of it. */
  run(projection: Projection<unknown>): () => Promise<void> {
    const worker = this.newWorker(projection);
    return () => this.foldedBy(worker);
  }

  private async foldedBy(worker: Runner<unknown>): Promise<void> {
    void worker.start();
    const isFolded = allFolded([worker], this.log, this.readModels);
    while (!(await isFolded())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  say(sender: Person, content: string, feeling?: string): Promise<RecordedEvent> {
    const command = { ...context(), sender, content };
    return this.append<DomainEvent>(postToRoom(feeling === undefined ? command : { ...command, feeling }, GLOBAL_ROOM));
  }

  /** Answers with the id of the reply. */
  async reply(room: Room, sender: Person, content: string, replyTo: string): Promise<string> {
    const command = { ...context(), sender, content, replyTo };
    await this.append<DomainEvent>(postToRoom(command, room, {}, { room }));
    return command.key;
  }

  sayInClan(clanId: string, sender: Person, content: string): Promise<RecordedEvent> {
    return this.append<DomainEvent>(postToRoom({ ...context(), sender, content }, clanRoom(clanId)));
  }

  reactTo(messageId: string, room: Room, userId: string, emoji: string): Promise<RecordedEvent> {
    const command = { ...context(), messageId, userId, userName: `name of ${userId}`, emoji };
    return this.append<DomainEvent>(react(command, { room, message: { room } }));
  }

  openChat(by: string, receiver: string) {
    return this.append(openChat({ ...context(), by, receiver }, null));
  }

  sayTo(chat: Parameters<typeof postToChat>[1], sender: string, receiver: string, content: string) {
    return this.append(postToChat({ ...context(), sender: person(sender), receiver, content }, chat));
  }
}

export const context = () => ({ key: key(), at: new Date().toISOString() });

export const person = (id: string, avatar: string | null = null): Person => ({ id, name: `name of ${id}`, avatar });
