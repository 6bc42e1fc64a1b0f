import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { AbstractWsAdapter } from '@nestjs/websockets';
import type { WebSocketServer } from 'ws';
import { httpFault, HttpRefusal } from '#platform';
import { DirectChatGateway } from './direct-chat.gateway.js';
import { DIRECT_CHAT, type Endpoint, ENDPOINTS, ROOM_CHAT } from './endpoint.js';
import { frameHandlers } from './frame-handlers.js';
import { type Arrival, Reception } from './reception.js';
import { RoomChatGateway } from './room-chat.gateway.js';
import type { FrameHandlers, Session } from './session.js';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import { SOCKET_IO_PATH, socketIoRefusal, targetOf, withoutSlash } from './socket-address.js';
import { socketServer } from './session-socket.js';
import { handshakeRefusal, refuseUpgrade } from './upgrade-refusal.js';
import { Traffic } from '../traffic.js';

function destroy(this: Duplex): void {
  this.destroy();
}

/** What the framework knows as a server: it emits `connection` with a {@link Session}, never with a bare socket. */
class EndpointServer extends EventEmitter {
  constructor(
    readonly endpoint: Endpoint,
    readonly server: WebSocketServer,
  ) {
    super();
  }
}

/**
 * Plain WebSocket on the HTTP server's own port. Unlike the framework's adapter it authenticates in the upgrade,
 * handles the frames of a connection one after the other, and answers every bad one. Which handler a frame is for, and
 * what that is given, is known from the start.
 */
export class ChatSocketAdapter extends AbstractWsAdapter {
  readonly #servers = new Map<string, EndpointServer>();
  readonly #http: Server;
  readonly #reception: Reception;
  readonly #settings: GatewaySettings;
  readonly #handlers: ReadonlyMap<Endpoint, FrameHandlers>;
  #socketIo: { close(): void } | null = null;

  constructor(app: INestApplication) {
    const http = app.getHttpServer() as Server;
    super(http);
    this.#http = http;
    this.#reception = app.get(Reception);
    this.#settings = app.get<GatewaySettings>(SETTINGS);
    this.#handlers = new Map([
      [ROOM_CHAT, frameHandlers(app, RoomChatGateway)],
      [DIRECT_CHAT, frameHandlers(app, DirectChatGateway)],
    ]);
    for (const [endpoint, { byEvent }] of this.#handlers) app.get(Traffic).expect(endpoint, byEvent.keys());
    http.on('upgrade', this.#onUpgrade);
  }

  /** Lets in clients of Socket.IO too, where the settings say so; its library is loaded only then. */
  async openSocketIo(): Promise<void> {
    if (!this.#settings.socketIo) return;
    const { SocketIoServer } = await import('../socket-io/socket-io-server.js');
    this.#socketIo = new SocketIoServer({
      ...{ http: this.#http, reception: this.#reception, settings: this.#settings },
      opened: (session) => {
        this.#servers.get(DIRECT_CHAT.path)?.emit('connection', session);
      },
    });
  }

  override create(_port: number, { path }: { path?: string } = {}): EndpointServer {
    const endpoint = ENDPOINTS.find((known) => known.path === path);
    if (!endpoint) throw new Error(`there is no endpoint ${path ?? '(no path)'}`);
    const server = socketServer(this.#settings.limits.frameBytes);
    // Unheard, ws answers itself, in plain text.
    server.on('wsClientError', (error, socket, request) => {
      refuseUpgrade(socket, handshakeRefusal(error, request));
    });
    const endpointServer = new EndpointServer(endpoint, server);
    this.#servers.set(endpoint.path, endpointServer);
    return endpointServer;
  }

  override bindMessageHandlers(session: Session): void {
    session.serve(this.#handlers.get(session.endpoint)!);
  }

  /** The framework would have a listener for each connection; `frameHandlers` takes no gateway that wants to be told. */
  override bindClientDisconnect(): void {
    // Who is told of it: `whenOver`.
  }

  override close(endpointServer: EndpointServer): Promise<void> {
    this.#servers.delete(endpointServer.endpoint.path);
    return Promise.resolve();
  }

  override dispose(): Promise<void> {
    this.#http.off('upgrade', this.#onUpgrade);
    this.#socketIo?.close();
    return Promise.resolve();
  }

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Whoever hangs up before the answer is no concern of ours.
    socket.on('error', destroy);
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      refuseUpgrade(socket, error);
    });
  };

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const target = targetOf(request);
    const path = withoutSlash(target.path);
    if (this.#socketIo && path === SOCKET_IO_PATH) return;
    const refusal = socketIoRefusal(target);
    if (refusal) throw refusal;
    const endpointServer = this.#servers.get(path);
    if (!endpointServer) {
      // It may be another's path.
      if (this.#http.listenerCount('upgrade') > (this.#socketIo ? 2 : 1)) return;
      throw new HttpRefusal(404, [httpFault('NOT_FOUND', 'there is no socket at this path')]);
    }
    const { endpoint, server } = endpointServer;
    const accept: Arrival['accept'] = (begin) => {
      server.handleUpgrade(request, socket, head, (ws) => {
        // By now ws does the same.
        socket.off('error', destroy);
        begin(socket, ws);
      });
    };
    const session = await this.#reception.admit({ endpoint, query: target.query, request, accept });
    if (session) endpointServer.emit('connection', session, request);
  }
}
