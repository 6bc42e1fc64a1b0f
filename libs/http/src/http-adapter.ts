import { createServer, type IncomingMessage, type ServerOptions } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

/** How long each step of a request may take, in milliseconds; of the first two, what takes longer is cut within {@link check}. */
export interface HttpTimes {
  /** From the connection, or the first byte of a further request, to the end of the request. */
  readonly request: number;
  /**
   * Without a byte read or written: between two requests, or while an answer waits for its reader. A proxy must let go
   * of its connections earlier, or it sends into a closed one.
   */
  readonly silence: number;
  readonly check: number;
  /** From when the server ends until what is still being asked or answered is cut. */
  readonly ending: number;
}

export const HTTP_TIMES: HttpTimes = {
  request: 15_000,
  silence: 65_000,
  check: 5_000,
  ending: 1_000,
};

/** An option that Node has since 22.21 and its types do not. */
interface WithUpgrades extends ServerOptions {
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

/**
 * Express on a server that lets go of connections that ask for nothing, and takes no other upgrade than to WebSocket:
 * some HTTP clients offer `h2c` with every first request. Upgraded sockets have no time limit here.
 */
export class HttpAdapter extends ExpressAdapter {
  private isEnding = false;

  constructor(private readonly times: HttpTimes) {
    super();
  }

  override initHttpServer(): void {
    const { request, silence, check } = this.times;
    const options: WithUpgrades = {
      requestTimeout: request,
      keepAliveTimeout: silence,
      connectionsCheckingInterval: check,
      shouldUpgradeCallback: ({ headers }) =>
        server.listenerCount('upgrade') > 0 && headers.upgrade?.toLowerCase() === 'websocket',
    };
    const server = createServer(options, this.getInstance());
    server.setTimeout(silence);
    server.on('request', (request, response) => {
      // Node would keep its connection for another request, until its silence is over.
      response.once('finish', () => {
        if (this.isEnding) request.socket.destroySoon();
      });
    });
    this.setHttpServer(server);
  }

  /** Lets what is being answered come to its end, for a moment, and lets go of every connection that is not upgraded. */
  override async close(): Promise<void> {
    this.isEnding = true;
    const end = setTimeout(() => {
      this.getHttpServer().closeAllConnections();
    }, this.times.ending);
    try {
      await super.close();
    } finally {
      clearTimeout(end);
    }
  }
}
