import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

const INFO = { server_id: 'X', version: '2.15.0', proto: 1, headers: true, jetstream: true, max_payload: 1_048_576 };

/** As much of a NATS server as a publisher speaks to: it answers each publication that asks for one as stored. */
export class NatsInMemory {
  readonly #server = createServer((socket) => {
    this.#serve(socket);
  });
  /** The last subscription of each subject, up to its wildcard. */
  readonly #subscriptions = new Map<string, string>();
  readonly #sockets = new Set<Socket>();
  #seq = 0;

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(`INFO ${JSON.stringify(INFO)}\r\n`);
    let rest = '';
    socket.on('data', (data: Buffer) => {
      rest += data.toString('latin1');
      for (;;) {
        const end = rest.indexOf('\r\n');
        const [verb, ...words] = rest.slice(0, end).split(' ');
        const payload = verb === 'PUB' || verb === 'HPUB' ? Number(words.at(-1)) + 2 : 0;
        if (end < 0 || rest.length < end + 2 + payload) return;
        rest = rest.slice(end + 2 + payload);
        if (verb === 'PING') socket.write('PONG\r\n');
        if (verb === 'SUB') this.#subscriptions.set(words[0]!.replace('*', ''), words.at(-1)!);
        if (payload > 0) this.#answer(socket, words[1]!);
      }
    });
  }

  #answer(socket: Socket, inbox: string): void {
    const sid = this.#subscriptions.get(inbox.replace(/\d+$/, ''));
    const text = JSON.stringify({ stream: 'EVENTS', seq: ++this.#seq });
    if (sid !== undefined) socket.write(`MSG ${inbox} ${sid} ${text.length}\r\n${text}\r\n`);
  }
}
