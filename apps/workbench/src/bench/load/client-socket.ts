import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { clientFrame, FrameReader, OPCODE } from './frames.js';

const END_OF_HEAD = '\r\n\r\n';
const NO_CODE = 1005;
const CUT = 1006;
/** What all sockets read into, one after the other: nothing is allocated for a read. */
const READ_INTO = Buffer.allocUnsafe(256 * 1_024);

export interface ClientSocketParts {
  /** `ws://host:port` */
  readonly gateway: URL;
  readonly token: string;
  /** A text that came: in `bytes` from `from` to `to`, until the call returns. */
  readonly told: (bytes: Buffer, from: number, to: number) => void;
  /** Not by this side. */
  readonly closed: (code: number) => void;
}

/** What a client asks for the upgrade with. */
export function upgradeHead({ hostname, port }: URL, token: string): string {
  const head = [
    'GET /ws/chat HTTP/1.1',
    `Host: ${hostname}:${port}`,
    `Authorization: Bearer ${token}`,
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ];
  return head.join('\r\n') + END_OF_HEAD;
}

/**
 * A connection to the room API that costs its process next to nothing: of the WebSocket protocol it has what a client
 * of our own server needs, and it is told texts as bytes.
 */
export class ClientSocket {
  private readonly socket: Socket;
  private readonly reader: FrameReader;
  /** Until the upgrade is answered. */
  private head: string | null = '';
  private code = CUT;
  private isLeaving = false;
  private opened: () => void = () => undefined;
  private refused: (reason: Error) => void = () => undefined;

  private constructor(private readonly parts: ClientSocketParts) {
    this.reader = new FrameReader((opcode, bytes, from, to) => {
      this.received(opcode, bytes, from, to);
    });
    this.socket = connect({
      ...{ host: parts.gateway.hostname, port: Number(parts.gateway.port), noDelay: true },
      onread: { buffer: READ_INTO, callback: (length, bytes) => this.read(bytes as Buffer, length) },
    });
    this.socket.on('error', (error) => {
      this.refused(error);
    });
    this.socket.on('close', () => {
      this.refused(new Error('a connection was cut in its upgrade'));
      if (this.head === null && !this.isLeaving) parts.closed(this.code);
    });
  }

  /** @throws Error where the upgrade is refused */
  static async open(parts: ClientSocketParts): Promise<ClientSocket> {
    const client = new ClientSocket(parts);
    await new Promise<void>((resolve, reject) => {
      client.opened = resolve;
      client.refused = reject;
      client.socket.write(upgradeHead(parts.gateway, parts.token));
    });
    return client;
  }

  /** @param frames whole ones, masked */
  send(frames: Buffer): void {
    this.socket.write(frames);
  }

  leave(): void {
    this.isLeaving = true;
    this.socket.destroy();
  }

  private read(bytes: Buffer, length: number): boolean {
    if (this.head === null) this.reader.read(bytes, length);
    else this.readHead(bytes.subarray(0, length));
    return true;
  }

  private readHead(bytes: Buffer): void {
    const head = (this.head ?? '') + bytes.toString('latin1');
    this.head = head;
    const end = head.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const behind = Buffer.from(head.slice(end + END_OF_HEAD.length), 'latin1');
    const [status = ''] = head.split('\r\n');
    if (!status.includes(' 101 ')) {
      this.refused(new Error(`an upgrade was refused: ${status}`));
      this.leave();
      return;
    }
    this.head = null;
    this.opened();
    this.reader.read(behind, behind.length);
  }

  private received(opcode: number, bytes: Buffer, from: number, to: number): void {
    if (opcode === OPCODE.text) this.parts.told(bytes, from, to);
    else if (opcode === OPCODE.ping) this.send(clientFrame(OPCODE.pong, bytes.subarray(from, to)));
    else if (opcode === OPCODE.close) this.code = to - from < 2 ? NO_CODE : bytes.readUInt16BE(from);
  }
}
