import { Connection, type ConnectionOptions, type ConnectionState } from '../src/connection.js';

interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A socket of no network: the test is the server, and the clock is the test's too. */
export class SocketInHand {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: Closing) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: { event: string; data: unknown; id?: string }[] = [];
  isClosed = false;

  constructor(readonly url: string) {
    made.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as SocketInHand['sent'][number]);
  }

  close(): void {
    this.isClosed = true;
  }

  tell(frame: object | string): void {
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }

  end(code: number, reason = ''): void {
    this.onclose?.({ code, reason });
  }
}

/** All sockets of the test in hand, in the order they were made. */
export const made: SocketInHand[] = [];
export const last = (): SocketInHand => made.at(-1)!;

const connections: Connection[] = [];

/** Nothing of one test is there in the next. */
export function endAll(): void {
  for (const connection of connections.splice(0)) connection.disconnect();
  made.length = 0;
}

/** What was promised by now is done. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

export function connectionInHand(options: Partial<ConnectionOptions> = {}): {
  readonly connection: Connection;
  readonly states: ConnectionState[];
} {
  const connection = new Connection(
    {
      url: 'wss://chat.test',
      token: 'a',
      WebSocket: SocketInHand,
      backoff: { minMs: 1_000, maxMs: 8_000 },
      ...options,
    },
    (token) => `wss://chat.test/ws?token=${token}`,
  );
  connections.push(connection);
  const states: ConnectionState[] = [];
  connection.on('state', (state) => states.push(state));
  return { connection, states };
}

export async function connected(
  options: Partial<ConnectionOptions> = {},
): Promise<ReturnType<typeof connectionInHand>> {
  const hand = connectionInHand(options);
  hand.connection.connect();
  await settled();
  last().onopen!();
  return hand;
}
