import type { Server as HttpServer } from 'node:http';
import { type ExtendedError, Server } from 'socket.io';
import { type ServerOptions as WebSocketOptions, WebSocketServer } from 'ws';
import { errorAnswer } from '#platform';
import { DIRECT_CHAT } from '../socket/endpoint.js';
import type { Reception } from '../socket/reception.js';
import type { Session } from '../socket/session.js';
import { LETS_GO } from '../socket/session-socket.js';
import { SOCKET_IO_PATH } from '../socket/socket-address.js';
import type { GatewaySettings } from '../settings.js';
import { SocketIoLink } from './socket-io-link.js';

/** How long a client has to say who it is, in milliseconds. */
const CONNECT_TIME = 5_000;

/** Lets go of sockets that do not answer their close, as the other API does. */
class ClosingWebSockets extends WebSocketServer {
  constructor(options: WebSocketOptions) {
    super({ ...options, ...LETS_GO });
  }
}

export interface SocketIoServerParts {
  readonly http: HttpServer;
  readonly reception: Reception;
  readonly settings: Pick<GatewaySettings, 'limits' | 'http'>;
  readonly opened: (session: Session) => void;
}

/** Lets clients of Socket.IO 4 into the direct chat, on the HTTP server's own port. */
export class SocketIoServer {
  readonly #io: Server;

  constructor({ http, reception, settings: { limits, http: web }, opened }: SocketIoServerParts) {
    this.#io = new Server(http, {
      path: SOCKET_IO_PATH,
      serveClient: false,
      wsEngine: ClosingWebSockets,
      // Other upgrades are not its own.
      destroyUpgrade: false,
      connectTimeout: CONNECT_TIME,
      maxHttpBufferSize: limits.frameBytes,
      pingInterval: limits.pingSeconds * 1_000,
      pingTimeout: limits.pongSeconds * 1_000,
      cors: { origin: web.allowedOrigins.length === 0 ? '*' : [...web.allowedOrigins] },
    });
    const links = new WeakMap<object, { link: SocketIoLink; session: Session }>();
    const asked = new WeakSet<object>();
    this.#io.use((socket, next) => {
      // Once for each connection: each time costs an admission, and what is refused has to be heard by the client.
      if (asked.has(socket.conn)) {
        socket.conn.close(true);
        return;
      }
      asked.add(socket.conn);
      // Before what carries it is closed for it, which would be the end of the link too.
      const link = new SocketIoLink(socket);
      socket.once('disconnect', () => {
        socket.conn.close();
      });
      const refuse = (error: Error): void => {
        next(error);
        // Behind what it is told, which is written in the next tick.
        setImmediate(() => {
          socket.conn.close();
        });
      };
      const { query: given, auth } = socket.handshake;
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ ...given, ...auth })) {
        if (typeof value === 'string' || typeof value === 'number') query.append(name, String(value));
      }
      const accept = (begin: (stream: SocketIoLink['stream'], ws: SocketIoLink) => void): void => {
        if (link.readyState === link.OPEN) begin(link.stream, link);
      };
      reception.admit({ endpoint: DIRECT_CHAT, query, request: socket.request, accept }).then(
        (session) => {
          if (!session) {
            refuse(new Error('too many connections'));
            return;
          }
          links.set(socket, { link, session });
          next();
        },
        (error: unknown) => {
          refuse(refusalOf(error));
        },
      );
    });
    this.#io.on('connection', (socket) => {
      const { link, session } = links.get(socket)!;
      opened(session);
      link.begin();
    });
  }

  close(): void {
    this.#io.disconnectSockets(true);
    this.#io.engine.close();
  }
}

/** As `connect_error` has it: in words, and in `data` what HTTP would answer. */
function refusalOf(error: unknown): ExtendedError {
  const answer = errorAnswer(error);
  return Object.assign(new Error(answer.errors[0]?.message ?? 'it failed'), { data: answer });
}
