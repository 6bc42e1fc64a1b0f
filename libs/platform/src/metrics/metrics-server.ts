import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Config } from '#settings';
import type { AtEnd } from '../shutdown.js';
import { Metrics } from './metrics.js';

const OPEN_METRICS = 'application/openmetrics-text';
const PLAIN = 'text/plain; version=0.0.4; charset=utf-8';

/** How long somebody may take to ask, in milliseconds. */
const ASKING_TIME = 5_000;

/**
 * Serves `GET /metrics` on a port of its own where the configuration names one; else there are none. It is there from
 * before the servers are connected until all else has stopped.
 * @throws Error saying what to do where the port is taken
 */
export async function startMetrics({ metrics, http }: Config, atEnd: AtEnd): Promise<Metrics | undefined> {
  if (metrics.port === 0) return undefined;
  const told = await Metrics.load();
  const server = createServer({ requestTimeout: ASKING_TIME, headersTimeout: ASKING_TIME }, (request, response) => {
    void answer(told, request, response);
  });
  await listen(server, metrics.port, http.host);
  atEnd('the metrics', () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    return closed;
  });
  return told;
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'it is in use' : (error as Error).message;
    throw new Error(
      `METRICS_PORT ${port} on ${host} cannot be listened on: ${reason}. Give another one, or 0 for none`,
      {
        cause: error,
      },
    );
  }
}

async function answer(metrics: Metrics, { method, url, headers }: IncomingMessage, response: ServerResponse) {
  const [path] = (url ?? '').split('?');
  if (path !== '/metrics' || (method !== 'GET' && method !== 'HEAD')) {
    response.writeHead(path === '/metrics' ? 405 : 404).end();
    return;
  }
  try {
    const text = await metrics.text();
    const isOpen = headers.accept?.includes(OPEN_METRICS) ?? false;
    response.writeHead(200, { 'content-type': isOpen ? metrics.contentType : PLAIN });
    response.end(isOpen ? text : plain(text));
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`${(error as Error).message}\n`);
  }
}

/** For who does not ask for OpenMetrics: the older format, in which a counter is called as its one sample is. */
export function plain(openMetrics: string): string {
  const counters = new Set(Array.from(openMetrics.matchAll(/^# TYPE (\S+) counter$/gm), ([, name]) => name));
  return openMetrics
    .replaceAll(/^# (HELP|TYPE) (\S+)/gm, (line, _, name: string) => (counters.has(name) ? `${line}_total` : line))
    .replace(/^# EOF\n$/m, '');
}
