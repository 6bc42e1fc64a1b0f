import type { ArgumentMetadata, ExceptionFilter, INestApplicationContext, PipeTransform, Type } from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PARAMTYPES_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { MESSAGE_METADATA } from '@nestjs/websockets/constants.js';
import { WsParamtype } from '@nestjs/websockets/enums/ws-paramtype.enum.js';
import { type Frame, FrameRefused, type PayloadClass, readPayload } from '#protocol';
import type { FrameHandler, FrameHandlers, Session } from './session.js';

/** Reads the data of a frame as the class that the handler's parameter is declared with. */
class PayloadPipe implements PipeTransform {
  transform(data: unknown, { metatype }: ArgumentMetadata): object {
    const read = readPayload(metatype as PayloadClass<object>, data);
    if ('fault' in read) throw new FrameRefused(read.fault);
    return read.payload;
  }
}

export const PAYLOAD = new PayloadPipe();

/** What one parameter of a handler gets. */
type Given = (session: Session, frame: Frame) => unknown;

/** How Nest writes down a parameter's decorator. */
interface Parameter {
  readonly index: number;
  readonly data?: string;
  readonly pipes: readonly unknown[];
  readonly schema?: unknown;
}

/**
 * The handlers of a gateway, as its decorators say, put together once. The framework's own way takes a dozen promises
 * for each frame, to find out each time that there is nothing to wait for. What is not known here, guards and such, is no
 * decorator that may be passed over: a gateway that has one does not start.
 * @throws Error where it has one
 */
export function frameHandlers(app: Pick<INestApplicationContext, 'get'>, gateway: Type<object>): FrameHandlers {
  const instance = app.get(gateway);
  const prototype = gateway.prototype as Record<string, FrameHandler>;
  if ('handleDisconnect' in prototype) throw new Error(`${gateway.name}: handleDisconnect is called by nobody here`);
  const filter = app.get(filterOf(gateway), { strict: false });
  const byEvent = new Map<string, FrameHandler>();
  for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
    const method = prototype[name]!;
    const event = Reflect.getMetadata(MESSAGE_METADATA, method) as string | undefined;
    if (event === undefined) continue;
    refuseOthers(method, `${gateway.name}.${name}`, [EXCEPTION_FILTERS_METADATA]);
    const given = parametersOf(gateway, name);
    byEvent.set(event, (frame, session) => {
      const args = given.map((give) => give(session, frame));
      return Reflect.apply(method, instance, args) as ReturnType<FrameHandler>;
    });
  }
  return {
    byEvent,
    failed: (error, session, frame) => {
      const host = new ExecutionContextHost([session, frame]);
      host.setType('ws');
      filter.catch(error, host);
    },
  };
}

function filterOf(gateway: Type<object>): Type<ExceptionFilter> {
  refuseOthers(gateway, gateway.name, []);
  const filters = Reflect.getMetadata(EXCEPTION_FILTERS_METADATA, gateway) as Type<ExceptionFilter>[] | undefined;
  const [filter, ...others] = filters ?? [];
  if (!filter || others.length > 0)
    throw new Error(`${gateway.name} needs one filter, a class that catches everything`);
  return filter;
}

function refuseOthers(target: object, name: string, others: readonly string[]): void {
  for (const key of [GUARDS_METADATA, INTERCEPTORS_METADATA, PIPES_METADATA, ...others]) {
    if (Reflect.hasMetadata(key, target)) throw new Error(`${name}: ${key} is nothing that is done for frames`);
  }
}

function parametersOf(gateway: Type<object>, name: string): Given[] {
  const types = Reflect.getMetadata(PARAMTYPES_METADATA, gateway.prototype as object, name) as Type<object>[];
  const written = (Reflect.getMetadata(ROUTE_ARGS_METADATA, gateway, name) ?? {}) as Record<string, Parameter>;
  const given: (Given | undefined)[] = types.map(() => undefined);
  for (const [key, parameter] of Object.entries(written)) {
    given[parameter.index] = givenBy(key, parameter, types[parameter.index]!) ?? undefined;
  }
  return given.map((give, index) => {
    if (give) return give;
    throw new Error(`${gateway.name}.${name}: what parameter ${index} is to get is nothing that frames give`);
  });
}

/** @param key the kind of the decorator, and the place of the parameter */
function givenBy(key: string, { data, pipes, schema }: Parameter, metatype: Type<object>): Given | null {
  const [type] = key.split(':');
  if (schema !== undefined) return null;
  if (type === String(WsParamtype.SOCKET)) return pipes.length === 0 ? (session) => session : null;
  if (type !== String(WsParamtype.PAYLOAD) || data === undefined) return null;
  const field = data as keyof Frame;
  if (pipes.length === 0) return (_, frame) => frame[field];
  const metadata: ArgumentMetadata = { type: 'body', metatype, data };
  return pipes.length === 1 && pipes[0] === PAYLOAD ? (_, frame) => PAYLOAD.transform(frame[field], metadata) : null;
}
