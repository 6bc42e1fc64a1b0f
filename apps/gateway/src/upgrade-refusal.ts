import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Logger } from '@nestjs/common';
import { errorAnswer } from '#platform';

const logger = new Logger('Upgrade');

/** Answers an upgrade with what is wrong, in the shape of every HTTP error here, and opens no socket. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const answer = errorAnswer(error);
  const { statusCode } = answer;
  if (statusCode === 500) logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const body = JSON.stringify(answer);
  const lines = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(statusCode === 401 ? ['WWW-Authenticate: Bearer'] : []),
    ...(statusCode === 503 ? ['Retry-After: 2'] : []),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
