import { rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationRefused } from '#domain';

/** Lets go of a folder. */
export type Unlock = () => void;

/**
 * Holds a folder as long as this process lives: by a socket of the folder's, which nobody else can listen on.
 * @throws OperationRefused where another one holds it
 */
export async function lockFolder(dir: string, what = 'export'): Promise<Unlock> {
  const { dev, ino } = await stat(dir);
  const name = `parley-export-${dev}-${ino}`;
  const path = addressOf(name);
  const server = (await listen(path)) ?? (await listenAnew(path));
  if (!server) throw new OperationRefused(`another ${what} into ${dir} is under way: let it end, or end it`);
  server.unref();
  return () => server.close();
}

/** Where the system forgets it with the process, such an address; else a file. */
function addressOf(name: string): string {
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name);
}

/** Null where somebody listens, or did. */
function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(path, () => {
      resolve(server);
    });
  });
}

/** Where it is a file, that of a killed process is left over: nobody answers on it. */
async function listenAnew(path: string): Promise<Server | null> {
  if (process.platform === 'linux' || process.platform === 'win32') return null;
  const isHeld = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
  if (isHeld) return null;
  rmSync(path, { force: true });
  return listen(path);
}
