import { All, Controller, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { httpFault, HttpRefusal } from '#platform';
import { DIRECT_CHAT, ROOM_CHAT } from './endpoint.js';
import { SOCKET_IO_PATH, socketIoRefusal, targetOf } from './socket-address.js';

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
