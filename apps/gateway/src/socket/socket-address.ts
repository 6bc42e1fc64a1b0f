import { All, Controller, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { httpFault, invalid, HttpRefusal } from '#platform';
import { DIRECT_CHAT, ROOM_CHAT } from './endpoint.js';

/** What a request asks for: the path as it was sent, with nothing resolved in it, and the query. */
export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Reads a request's target; `http://host/path?query` names the same as `/path?query` (RFC 9112, section 3.2.2). */
export function targetOf({ url = '' }: { readonly url?: string | undefined }): Target {
  const local = url.replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = local.indexOf('?');
  if (mark < 0) return { path: local, query: new URLSearchParams() };
  return { path: local.slice(0, mark), query: new URLSearchParams(local.slice(mark + 1)) };
}

/** A path without the one slash that may end it. */
export const withoutSlash = (path: string): string => path.replace(/\/$/, '');

/** Socket.IO's own path; libraries of it may be set to another, and always say so in the query. */
export const SOCKET_IO_PATH = '/socket.io';

/**
 * Why Socket.IO is refused, or null where it is none: it speaks a protocol of its own over the same upgrade, so a client
 * of it would be let in and never understand a word.
 */
export function socketIoRefusal({ path, query }: Target): HttpRefusal | null {
  const parameter = ['EIO', 'transport'].find((name) => query.has(name)) ?? null;
  if (parameter === null && withoutSlash(path) !== SOCKET_IO_PATH) return null;
  const message = 'this is not Socket.IO: use a plain WebSocket, at /ws/chat or /ws';
  return invalid([httpFault('VALIDATION', message, parameter, parameter && query.get(parameter))]);
}

/** Requests to the sockets' addresses that ask for no WebSocket: Socket.IO's first one is such. */
@ApiExcludeController()
@Controller()
export class SocketAddressController {
  @All([ROOM_CHAT.path, DIRECT_CHAT.path, SOCKET_IO_PATH])
  refuse(@Req() request: Request, @Res({ passthrough: true }) response: Response): never {
    const socketIo = socketIoRefusal(targetOf(request));
    if (socketIo) throw socketIo;
    response.setHeader('Upgrade', 'websocket');
    throw new HttpRefusal(426, [httpFault('VALIDATION', 'connect to this address with a WebSocket')]);
  }
}
