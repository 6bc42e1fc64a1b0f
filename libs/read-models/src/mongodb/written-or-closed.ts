import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { MongoNetworkError } from 'mongodb';

// The driver (7.9.0) waits for ever for a connection that goes while it writes to it: for `drain`, which does not come any
// more, and not for `close`, whose timer is gone with the socket. Where that is the one by which it looks whether the
// server is there, the server is away for it until the process ends. So whatever is written ends with its connection.

interface DriverConnection {
  readonly socket: Socket;
  /** Why it was closed. */
  readonly error: Error | null;
  writeCommand: (this: DriverConnection, ...of: readonly unknown[]) => Promise<void>;
}

interface ConnectionModule {
  readonly Connection: { readonly prototype: DriverConnection };
}

const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection') as ConnectionModule;
const { writeCommand } = Connection.prototype;

/** Has the driver reject what is being written to a connection when that closes. Once for a process. */
export function endWritesWithTheirConnection(): void {
  Connection.prototype.writeCommand = writeOrClose;
}

function writeOrClose(this: DriverConnection, ...of: readonly unknown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const { socket } = this;
    const closed = () => {
      reject(this.error ?? new MongoNetworkError('the connection was closed while it was written to'));
    };
    // Of one that is destroyed, the event may be over.
    if (socket.closed) {
      closed();
      return;
    }
    socket.once('close', closed);
    writeCommand
      .apply(this, [...of])
      .then(resolve, reject)
      .finally(() => socket.off('close', closed));
  });
}
