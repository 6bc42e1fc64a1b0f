import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  ParseIntPipe,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { Ack, ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { ChatData, type Frame, FrameRefused } from '#protocol';
import { frameHandlers, PAYLOAD } from '../src/socket/frame-handlers.js';
import type { Session } from '../src/socket/session.js';

const caught: unknown[][] = [];

@Catch()
class Filter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    caught.push([error, host.getType(), host.switchToWs().getClient(), host.switchToWs().getData()]);
  }
}

@UseFilters(Filter)
@WebSocketGateway()
class Base {
  readonly got: unknown[][] = [];

  @SubscribeMessage('all')
  all(
    @MessageBody('id') id: string,
    @ConnectedSocket() session: Session,
    @MessageBody('data', PAYLOAD) data: ChatData,
  ) {
    this.got.push([id, session, data]);
    return { ack: {} };
  }

  @SubscribeMessage('nothing')
  nothing() {
    this.got.push([]);
    return Promise.resolve({ ack: {} });
  }

  helper() {
    throw new Error('no handler');
  }
}

const session = Object.create(null) as Session;

function handlersOf<T extends object>(gateway: Type<T>) {
  const made = new gateway();
  const get = (type: Type<object>) => (type === gateway ? made : new type()) as never;
  return { ...frameHandlers({ get }, gateway), gateway: made };
}

describe('the handlers of a gateway', () => {
  it('are its methods that have an event, each given what its parameters say', async () => {
    const { byEvent, gateway } = handlersOf(Base);
    expect([...byEvent.keys()]).toEqual(['all', 'nothing']);
    const frame: Frame = { event: 'all', data: { chat_id: 7, more: 1 }, id: 'c1' };
    expect(byEvent.get('all')!(frame, session)).toEqual({ ack: {} });
    expect(await byEvent.get('nothing')!(frame, session)).toEqual({ ack: {} });
    expect(gateway.got).toEqual([['c1', session, { chat_id: 7 }], []]);
    expect(gateway.got[0]![1]).toBe(session);
    expect(gateway.got[0]![2]).toBeInstanceOf(ChatData);
  });

  it('refuse data that is not what their parameter says', () => {
    const { byEvent, gateway } = handlersOf(Base);
    expect(() => byEvent.get('all')!({ event: 'all', data: { chat_id: 'x' } }, session)).toThrow(FrameRefused);
    expect(gateway.got).toEqual([]);
  });

  it('have one filter, which hears of what they throw, from whom, and of which frame', () => {
    const { failed } = handlersOf(Base);
    const frame: Frame = { event: 'all', data: null };
    const error = new Error('thrown');
    failed(error, session, frame);
    expect(caught).toEqual([[error, 'ws', session, frame]]);
  });
});

const guard = { canActivate: () => true };
const interceptor = { intercept: (_: unknown, next: { handle(): never }) => next.handle() };

@UseGuards(guard)
class Guarded extends Base {}
@UseInterceptors(interceptor)
class Intercepted extends Base {}
@UsePipes(ParseIntPipe)
class Piped extends Base {}
@UseFilters(Filter, Filter)
class Filtered extends Base {}

@UseFilters(Filter)
class OnMethod {
  @UseGuards(guard)
  @SubscribeMessage('guarded')
  guarded() {
    return undefined;
  }
}
@UseFilters(Filter)
class FilteredMethod {
  @UseFilters(Filter)
  @SubscribeMessage('filtered')
  filtered() {
    return undefined;
  }
}
@UseFilters(Filter)
class OtherPipe {
  @SubscribeMessage('piped')
  piped(@MessageBody('data', ParseIntPipe) data: number) {
    return data;
  }
}
@UseFilters(Filter)
class TwoPipes {
  @SubscribeMessage('piped')
  piped(@MessageBody('data', PAYLOAD, ParseIntPipe) data: ChatData) {
    return data;
  }
}
@UseFilters(Filter)
class WithAck {
  @SubscribeMessage('ack')
  ack(@Ack() ack: unknown) {
    return ack;
  }
}
@UseFilters(Filter)
class Whole {
  @SubscribeMessage('whole')
  whole(@MessageBody() frame: Frame) {
    return frame;
  }
}
@UseFilters(Filter)
class Undecorated {
  @SubscribeMessage('undecorated')
  undecorated(session: Session, @MessageBody('data', PAYLOAD) data: ChatData) {
    return [session, data];
  }
}
class Unfiltered {
  @SubscribeMessage('unfiltered')
  unfiltered() {
    return undefined;
  }
}

@UseFilters(Filter)
class Disconnected {
  handleDisconnect() {
    return undefined;
  }
}

it.each<Type<object>>([
  ...[
    Disconnected,
    Guarded,
    Intercepted,
    Piped,
    Filtered,
    OnMethod,
    FilteredMethod,
    OtherPipe,
    TwoPipes,
    WithAck,
    Whole,
    Undecorated,
    Unfiltered,
  ],
])('what is not done for frames keeps %p from starting', (gateway) => {
  expect(() => handlersOf(gateway)).toThrow(gateway.name);
});
