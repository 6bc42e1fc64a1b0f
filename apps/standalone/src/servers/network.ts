import { connect, createServer } from 'node:net';

/** A port of 127.0.0.1 that nobody listens on. Somebody else may take it before it is used. */
export async function freePort(): Promise<number> {
  const port = await tryListening(0);
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  return port;
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await tryListening(port)) !== undefined;
}

function tryListening(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(address !== null && typeof address === 'object' ? address.port : undefined);
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
