import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a process and a server, so that a test can cut the connection and mend it. */
export class CuttableProxy {
  readonly #sockets = new Set<Socket>();
  /** On their way to the server while it holds them. */
  #held: { readonly data: Buffer; readonly to: Socket }[] | null = null;
  #losing = false;
  #lost = '';
  #lastWord = '(nothing)';
  #cut = false;

  private constructor(private readonly server: Server) {}

  static async start(target: string): Promise<CuttableProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new CuttableProxy(server);
    server.on('connection', (inner) => {
      if (proxy.#cut) {
        inner.destroy();
        return;
      }
      const outer = connect(Number(port || 4222), hostname);
      for (const [socket, other] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        proxy.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          proxy.#sockets.delete(socket);
          other.destroy();
        });
      }
      outer.on('data', (data: Buffer) => {
        if (data.includes(proxy.#lastWord)) proxy.hold();
        if (proxy.#losing) proxy.#lost += data.toString();
        else inner.write(data);
      });
      inner.on('data', (data: Buffer) => {
        if (proxy.#held) proxy.#held.push({ data, to: outer });
        else outer.write(data);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** How many connections go through it. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Where it stands for NATS. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** What it holds is lost with the connections. */
  cut(): void {
    this.#cut = true;
    this.#losing = false;
    this.#held = null;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  /** What is sent to the server waits here until {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  /** Holds what is sent after the server has said this. */
  holdAfter(said: string): void {
    this.#lastWord = said;
  }

  release(): void {
    for (const { data, to } of this.#held ?? []) to.write(data);
    this.#held = null;
  }

  /** What waits, as text. */
  get held(): string {
    return Buffer.concat((this.#held ?? []).map(({ data }) => data)).toString();
  }

  /** What the server says is lost, until {@link keepAnswers} or until the connections are cut. */
  loseAnswers(): void {
    this.#losing = true;
    this.#lost = '';
  }

  /** Resolves once the answer to an append is lost: what is stored may be seen before it is answered. */
  async losesAppend(): Promise<void> {
    while (!this.#lost.includes('{"stream":"')) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  keepAnswers(): void {
    this.#losing = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
