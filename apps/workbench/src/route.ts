import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The way from one server to another: it can be cut, so that both ends hold on to connections on which nothing comes. */
export class Route {
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(private readonly server: Server) {}

  /** @param port where it leads */
  static async start(port: number): Promise<Route> {
    const server = createServer();
    const route = new Route(server);
    server.on('connection', (inner) => {
      route.#pass(inner, connect(port, '127.0.0.1'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return route;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Everything that is sent is lost, either way, and nobody is told. */
  cut(): void {
    this.#isCut = true;
  }

  /** What has lost anything ends, since a stream has no holes; who is on it comes again. */
  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #pass(inner: Socket, outer: Socket): void {
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (data: Buffer) => {
        if (!this.#isCut) other.write(data);
      });
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
