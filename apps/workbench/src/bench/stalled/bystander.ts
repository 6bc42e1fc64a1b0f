import { connect, type Socket } from 'node:net';
import { upgradeHead } from '../load/client-socket.js';

/** A pong that nobody asked for, masked: answered by nothing, and what tells that the server has cut the connection. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

export interface BystanderParts {
  readonly gateway: URL;
  readonly token: string;
  /** Whether it reads what it is sent; else it never does. */
  readonly reads: boolean;
  readonly closed: () => void;
}

/** A connection by which nothing is said. */
export class Bystander {
  readonly #socket: Socket;
  #isOpen = true;

  private constructor(socket: Socket, parts: BystanderParts) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#isOpen) parts.closed();
    });
    if (parts.reads) socket.resume();
  }

  /** @throws Error where the upgrade is refused */
  static async connect(parts: BystanderParts): Promise<Bystander> {
    const { hostname, port } = parts.gateway;
    const socket = connect(Number(port), hostname);
    socket.write(upgradeHead(parts.gateway, parts.token));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).once('close', () => {
        reject(new Error('a connection was cut in its upgrade'));
      });
      // With everything that comes behind the head: the first of what will not be read.
      socket.once('data', (answer) => {
        socket.pause();
        const [status = ''] = answer.toString('latin1').split('\r\n');
        if (status.includes(' 101 ')) resolve();
        else reject(new Error(`an upgrade was refused: ${status}`));
      });
    });
    return new Bystander(socket, parts);
  }

  /** Of a socket that is not read, only a write that fails tells that it was cut. */
  check(): void {
    this.#socket.write(PONG);
  }

  leave(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }
}
