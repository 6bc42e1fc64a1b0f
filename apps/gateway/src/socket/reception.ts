import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import pTimeout from 'p-timeout';
import { type AskedLog, EventLog } from '#event-store';
import {
  bearerToken,
  type Caller,
  clientAddress,
  Health,
  httpFault,
  InvalidToken,
  isService,
  notAuthorized,
  NotReady,
  HttpRefusal,
  Tokens,
} from '#platform';
import { CLOSE, READY_FRAME, userNumberOf } from '#protocol';
import { Allowance } from '../commands/allowance.js';
import { Closings } from './closings.js';
import { DIRECT_CHAT, type Endpoint, ROOM_CHAT } from './endpoint.js';
import { Hub } from '../feeds/hub.js';
import type { PersonFeed } from '../feeds/person-feed.js';
import { hangUp, type Line, type SessionSocket } from './session-socket.js';
import { Session, type SharedParts } from './session.js';
import { COMMAND_KEYS, type GatewaySettings, SETTINGS } from '../settings.js';
import { TokenBucket, TokenBuckets } from './token-bucket.js';
import { Traffic } from '../traffic.js';

/** How long an upgrade may take, in milliseconds. */
export const UPGRADE_TIME = 5_000;

/** An upgrade request on its way to a connection. */
export interface Arrival {
  readonly endpoint: Endpoint;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  /** Tells the client that it is let in, and begins at once on what it speaks over; never where it is gone. */
  readonly accept: (begin: (stream: Duplex, ws: SessionSocket) => void) => void;
}

const tooMany = new HttpRefusal(429, [httpFault('TOO_MANY', 'too many connects: try again after a while')]);

const unavailable = (message: string): HttpRefusal => new HttpRefusal(503, [httpFault('UNAVAILABLE', message)]);

/**
 * Lets connections in. All that a connection relies on is there before the upgrade is answered: who it is, the rooms
 * they are in, and that nothing of them is missed from then on.
 */
@Injectable()
export class Reception {
  readonly #shared: SharedParts;
  /** How many are let in: all who are cut off at the same moment come back at the same moment. */
  readonly #connects: TokenBucket;
  /** How often each person may ask to be let in, and each address that does not say who. */
  readonly #requests: TokenBuckets;
  readonly #addressOf: (request: IncomingMessage) => string;
  #closed = false;

  constructor(
    @Inject(Hub) private readonly hub: Hub,
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'hindrance'>,
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    @Inject(Health) health: Health,
    @Inject(Closings) closings: Closings,
    @Inject(COMMAND_KEYS) newKey: () => string,
    @Inject(Allowance) allowance: Pick<Allowance, 'spend'>,
    @Inject(Traffic) traffic: Traffic,
  ) {
    const { framesPerSecond, frameBurst, connectsPerSecond, connectBurst } = settings.limits;
    this.#connects = new TokenBucket({ perSecond: connectsPerSecond, burst: connectBurst }, performance.now());
    this.#shared = {
      ...{ limits: settings.limits, barrier: hub.barrier, newKey, allowance, closings, traffic },
      frames: new TokenBuckets({ perSecond: framesPerSecond, burst: frameBurst }),
      isRevoked: (token) => tokens.isRevoked(token),
    };
    const { requestsPerSecond, requestsBurst, trustedProxies } = settings.http;
    this.#requests = new TokenBuckets({ perSecond: requestsPerSecond, burst: requestsBurst });
    this.#addressOf = clientAddress(trustedProxies);
    health.add('sockets', async () => {
      const hindrance = this.#hindrance() ?? (await this.log.hindrance());
      if (hindrance !== null) throw new NotReady(hindrance);
    });
  }

  /** From now on nobody is let in. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Opens the connection, or throws why not, with the status to answer in it; nothing is accepted then.
   * Null where the client is gone.
   */
  async admit(arrival: Arrival): Promise<Session | null> {
    this.#checkReady();
    this.#checkOrigin(arrival.request);
    const caller = this.#counted(arrival);
    if (!this.#connects.take(performance.now())) throw unavailable('too many connect at the same time: try again');
    const feed = this.hub.hold(caller.userId);
    let session: Session | null = null;
    try {
      await pTimeout(this.#prepare(feed, arrival.endpoint, caller), {
        milliseconds: UPGRADE_TIME,
        fallback: () => {
          throw unavailable('it took too long');
        },
      });
      this.#checkReady();
      // It may have been meanwhile; from here on the connection itself looks.
      this.tokens.checkRevoked(caller);
      session = this.#open(arrival, caller, feed);
    } finally {
      if (!session) this.hub.release(feed);
    }
    return session;
  }

  /** Why nobody can be let in for the moment, or null. */
  #hindrance(): string | null {
    if (this.#closed) return 'this gateway is going away';
    return this.hub.hindrance ?? this.tokens.hindrance;
  }

  #checkReady(): void {
    const hindrance = this.#hindrance();
    if (hindrance !== null) throw unavailable(hindrance);
  }

  /** The feed last: what becomes unreadable before it is ready is read again, and after that nothing is waited for. */
  async #prepare(feed: PersonFeed, endpoint: Endpoint, { claims }: Caller): Promise<void> {
    await this.#checkLog();
    await feed.prepare(endpoint, claims);
  }

  /** Who comes in while nothing is stored could only watch what they say be refused. */
  async #checkLog(): Promise<void> {
    const hindrance = await this.log.hindrance();
    if (hindrance !== null) throw unavailable(hindrance);
  }

  /** Clients that are no web pages send no origin. */
  #checkOrigin({ headers }: IncomingMessage): void {
    const { allowedOrigins } = this.settings.http;
    if (allowedOrigins.length === 0 || headers.origin === undefined) return;
    if (!allowedOrigins.includes(headers.origin)) throw notAuthorized('this origin may not open sockets');
  }

  #counted(arrival: Arrival): Caller {
    try {
      const caller = this.#authenticate(arrival);
      this.#count(`user ${caller.userId}`);
      return caller;
    } catch (error) {
      if (error instanceof InvalidToken) this.#count(`address ${this.#addressOf(arrival.request)}`);
      throw error;
    }
  }

  #count(who: string): void {
    if (!this.#requests.take(who, performance.now())) throw tooMany;
  }

  #authenticate({ endpoint, query, request }: Arrival): Caller {
    const { authorization } = request.headers;
    const token = authorization === undefined ? query.get('token') : bearerToken(authorization);
    const caller = this.tokens.verify(token);
    if (isService(caller)) throw new InvalidToken('a service token opens no sockets');
    if (endpoint === DIRECT_CHAT) {
      if (userNumberOf(caller.userId) === null) throw new InvalidToken("the token's user has no number");
      if (query.get('userId') !== caller.userId) throw new InvalidToken('userId is not the user of the token');
    }
    return caller;
  }

  /** In one go: between the answer and the first frame nothing else happens. */
  #open({ endpoint, accept }: Arrival, caller: Caller, feed: PersonFeed): Session | null {
    const { limits, roomChat } = this.settings;
    const { userId, scope, jti, issuedAt, moderates, expiresAt } = caller;
    let session: Session | null = null;
    accept((socket, ws) => {
      if (feed.connections(endpoint) >= limits.connectionsPerUser) {
        turnAway({ ws, socket });
        this.#shared.closings.tell(endpoint, userId, CLOSE.tooManyConnections);
        return;
      }
      const token = { userId, scope, jti, issuedAt };
      session = new Session({ endpoint, socket, ws, token, person: feed.person, moderates, expiresAt }, this.#shared);
      this.#shared.traffic.hasOpened(endpoint);
      if (endpoint === ROOM_CHAT && roomChat.dialect === 'altzone') session.reply(READY_FRAME);
      this.hub.add(session, feed);
    });
    return session;
  }
}

/** The newest one too many: only a close code tells a browser why. */
function turnAway(line: Line): void {
  line.ws.on('error', () => undefined);
  hangUp(line, CLOSE.tooManyConnections);
}
