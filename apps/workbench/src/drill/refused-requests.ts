import { connect } from 'node:net';
import { median } from '../bench/quantiles.js';

/** So many at once, written together: what it takes to ask is next to nothing beside what it takes to answer. */
const IN_A_ROW = 50;
const CONNECTIONS = 4;
const PAGES = 11;

/** Somebody with a token that is none, who asks for a history as fast as they are answered. */
export interface Asking {
  /** How often they were answered. */
  readonly answers: number;
  readonly stop: () => void;
}

export function askInVain(http: string): Asking {
  const { hostname, port, host } = new URL(http);
  const request = `GET /chat/history?type=clan HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer none\r\n\r\n`;
  let answers = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(Number(port), hostname);
    let left = 0;
    const ask = (): void => {
      left += IN_A_ROW;
      socket.write(request.repeat(IN_A_ROW));
    };
    socket.on('connect', ask).on('data', (data) => {
      const came = data.toString('latin1').split('HTTP/1.1 ').length - 1;
      answers += came;
      left -= came;
      if (left <= 0) ask();
    });
    socket.on('error', () => undefined);
    return socket;
  });
  return {
    get answers() {
      return answers;
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** How long a page of the clan's history takes, in ms: the median of some, one after the other. */
export async function pageTime(http: string, token: string): Promise<number> {
  const took: number[] = [];
  while (took.length < PAGES) {
    const beganAt = performance.now();
    const answer = await fetch(`${http}/chat/history?type=clan`, { headers: { Authorization: `Bearer ${token}` } });
    await answer.text();
    took.push(performance.now() - beganAt);
  }
  return Math.round(median(took));
}
