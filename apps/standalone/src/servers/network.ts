import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/** Below what systems give to whoever connects, Linux from 32768 on: those may have one for their own end of a connection. */
const [LOWEST, HIGHEST] = [15_000, 32_767];
const TRIES = 100;

/**
 * A port of 127.0.0.1 that nobody listens on, and that no connection gets: a server that ends finds it free when it is
 * started again. Another one that is looking for a port may take it before it is used, if rarely.
 */
export async function freePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`of ${TRIES} ports of 127.0.0.1 from ${LOWEST} to ${HIGHEST} none is free: see who has them`);
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * Whether what listens on a port of 127.0.0.1 speaks as expected: sends `greeting`, if any, and looks at the
 * bytes received so far until `expected` holds for them. False after one second, or when nobody listens.
 */
export function answersWith(
  port: number,
  expected: (received: Buffer) => boolean,
  greeting?: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => {
      if (greeting) socket.write(greeting);
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (expected(received)) finish(true);
    });
    for (const event of ['error', 'timeout', 'close'] as const) {
      socket.on(event, () => {
        finish(false);
      });
    }
  });
}
