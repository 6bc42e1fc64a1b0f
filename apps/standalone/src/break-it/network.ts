import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections to a port, whichever server listens on it: they can be cut for a while, and destroyed. */
export class Network {
  readonly #sockets = new Set<Socket>();
  readonly #held = new Map<Socket, () => void>();
  #isCut = false;

  /** From now on those that are made to this server too. */
  watch(server: Server): void {
    server.prependListener('connection', (socket) => {
      this.#sockets.add(socket);
      if (this.#isCut) this.#hold(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.#held.delete(socket);
      });
    });
  }

  /** Connections stay open and nothing passes, in either direction, so that neither side is told. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) this.#hold(socket);
  }

  /** What was held back passes. */
  mend(): void {
    this.#isCut = false;
    for (const release of this.#held.values()) release();
    this.#held.clear();
  }

  /** As the system does of a process that is no more: without a word. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #hold(socket: Socket): void {
    // What is written stays here. Of what comes, nothing is read; whoever reads from it may well say in between that he
    // would go on, which counts once it is mended.
    const wasFlowing = !socket.isPaused();
    let isWanted = wasFlowing;
    socket.cork();
    const isUpgraded = socket.listenerCount('data') > 0;
    if (isUpgraded) {
      socket.pause();
      socket.resume = () => {
        isWanted = true;
        return socket;
      };
    }
    this.#held.set(socket, () => {
      if (isUpgraded) {
        Reflect.deleteProperty(socket, 'resume');
        if (isWanted) socket.resume();
      }
      socket.uncork();
    });
  }
}
