import { WebSocket, type ClientOptions } from 'ws';

/** A frame as a client sees it; tests look into it freely. */
export interface Received {
  readonly [field: string]: unknown;
  readonly event?: string;
  readonly error?: unknown;
  readonly message?: Record<string, unknown>;
  readonly data?: unknown;
}

/** A plain WebSocket client that keeps what it gets. */
export class ChatClient {
  readonly frames: Received[] = [];
  /** Resolves with the close code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** The same, null while it is open. */
  end: { readonly code: number; readonly reason: string } | null = null;
  #read = 0;
  #wake: () => void = () => undefined;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data) => {
      this.frames.push(JSON.parse((data as Buffer).toString()) as Received);
      this.#wake();
    });
    ws.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        this.end = { code, reason: reason.toString() };
        resolve(this.end);
        this.#wake();
      });
    });
  }

  /** Rejects with the status where the upgrade is refused. */
  static async connect(url: string, options: ClientOptions = {}): Promise<ChatClient> {
    const ws = new WebSocket(url, options);
    const client = new ChatClient(ws);
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    return client;
  }

  send(event: string, data?: unknown, id?: string): void {
    this.ws.send(JSON.stringify({ event, data, id }));
  }

  sendRaw(data: string | Buffer, binary = false): void {
    this.ws.send(data, { binary });
  }

  /** The next frame not yet read. */
  async next(waitMs = 20_000): Promise<Received> {
    const deadline = Date.now() + waitMs;
    while (this.#read >= this.frames.length) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no frame within ${waitMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.frames[this.#read++]!;
  }

  async take(count: number): Promise<Received[]> {
    const taken: Received[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** What came within a moment, unread: for what should not come. */
  async quiet(waitMs = 300): Promise<Received[]> {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return this.frames.slice(this.#read);
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed;
  }
}

/** What an upgrade is answered with, where it is refused. */
export async function refusal(
  url: string,
  options: ClientOptions = {},
): Promise<{ readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }> {
  const ws = new WebSocket(url, options);
  return new Promise((resolve, reject) => {
    ws.on('error', reject);
    ws.on('open', () => {
      ws.close();
      reject(new Error('the upgrade was accepted'));
    });
    ws.on('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
  });
}
