import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Logger } from '@nestjs/common';
import { errorAnswer, httpFault, LineLimit, HttpRefusal } from '#platform';

/** Seconds, from 1 to 5: who was refused together does not come back together. */
const comeBack = (): number => 1 + Math.floor(5 * Math.random());

const errors = new LineLimit(new Logger('Upgrade'), { level: 'error', lines: 20, intervalMs: 10_000 });

/** Answers an upgrade with what is wrong, in the shape of every HTTP error here, and opens no socket. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const answer = errorAnswer(error);
  const { statusCode } = answer;
  if (statusCode === 500) errors.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const body = JSON.stringify(answer);
  const lines = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(statusCode === 401 ? ['WWW-Authenticate: Bearer'] : []),
    ...(statusCode === 426 ? ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'] : []),
    ...(statusCode === 429 || statusCode === 503 ? [`Retry-After: ${comeBack()}`] : []),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** What is wrong with a handshake that ws does not take: its message names the header at fault. */
export function handshakeRefusal({ message }: Error, { method }: IncomingMessage): HttpRefusal {
  if (method !== 'GET') return new HttpRefusal(405, [httpFault('NOT_ALLOWED', 'a WebSocket is opened with GET')]);
  const statusCode = message.includes('Sec-WebSocket-Version') ? 426 : 400;
  return new HttpRefusal(statusCode, [httpFault('VALIDATION', `this is no WebSocket handshake: ${message}`)]);
}
