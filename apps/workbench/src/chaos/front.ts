import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { oneOf } from '../seeded-random.js';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** What is lost on its way, for as long as the link lasts. */
  lost: 'nothing' | 'to the server' | 'to the client';
}

/** Some connections that have lost something, and what cuts them. */
export interface Deafness {
  readonly count: number;
  readonly end: () => void;
}

function reset({ client, server }: Link): void {
  client.resetAndDestroy();
  server.destroy();
}

/** The one address that clients know: each connection goes to one of the gateways, over a network that can be spoilt. */
export class Front {
  readonly #links = new Set<Link>();
  #next = 0;

  private constructor(
    private readonly server: Server,
    private ports: readonly number[],
  ) {}

  static async start(ports: readonly number[]): Promise<Front> {
    const server = createServer({ allowHalfOpen: false });
    const front = new Front(server, ports);
    server.on('connection', (client) => {
      client.on('error', () => undefined);
      front.#pass(client, front.#next++, ports.length);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on new connections go to these. */
  lead(ports: readonly number[]): void {
    this.ports = ports;
  }

  /** Cuts so many connections. @returns how many there were to be cut */
  cut(random: () => number, share: number): number {
    const victims = this.#some(random, share);
    for (const link of victims) reset(link);
    return victims.length;
  }

  /** What so many connections send one way is lost from now on, and neither end is told. */
  deafen(random: () => number, share: number): Deafness {
    // A stream has no holes: what loses something one way loses all of it until it is cut.
    const links = this.#some(random, share).filter(({ lost }) => lost === 'nothing');
    const lost = oneOf(random, ['to the server', 'to the client'] as const);
    for (const link of links) link.lost = lost;
    const end = (): void => {
      for (const link of links) reset(link);
    };
    return { count: links.length, end };
  }

  async stop(): Promise<void> {
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.server.close(resolve));
  }

  #some(random: () => number, share: number): Link[] {
    return [...this.#links].filter(() => random() < share);
  }

  /** To a gateway that is there, the next one first. */
  #pass(client: Socket, which: number, tries: number): void {
    const server = connect(this.ports[which % this.ports.length]!, '127.0.0.1');
    server.once('error', () => {
      if (tries > 1 && !client.destroyed) this.#pass(client, which + 1, tries - 1);
      else client.destroy();
    });
    server.once('connect', () => {
      if (client.destroyed) {
        server.destroy();
        return;
      }
      const link: Link = { client, server, lost: 'nothing' };
      this.#links.add(link);
      server.on('error', () => undefined);
      client.on('data', (data) => {
        if (link.lost !== 'to the server') server.write(data);
      });
      server.on('data', (data) => {
        if (link.lost !== 'to the client') client.write(data);
      });
      const end = (): void => {
        this.#links.delete(link);
        client.destroy();
        server.destroy();
      };
      client.on('close', end);
      server.on('close', end);
    });
  }
}
