import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** A pong that nobody asked for, masked: answered by nothing, and what tells that the server has cut the connection. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const END_OF_HEAD = '\r\n\r\n';

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
    const head = [
      'GET /ws/chat HTTP/1.1',
      `Host: ${hostname}:${port}`,
      `Authorization: Bearer ${parts.token}`,
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ];
    socket.write(head.join('\r\n') + END_OF_HEAD);
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
