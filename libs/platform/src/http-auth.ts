import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { notAuthorized } from './http-errors.js';
import { type Caller, InvalidToken, isService, Tokens } from './tokens.js';

const SERVICE_ONLY = 'parley:service-only';

/** Marks what only the surrounding application may do; a service token may do nothing else. */
export const ForService = (): ClassDecorator & MethodDecorator => SetMetadata(SERVICE_ONLY, true);

const callers = new WeakMap<Request, Caller>();

/** The caller of a route that {@link BearerGuard} guards. */
export const FromToken = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callers.get(context.switchToHttp().getRequest<Request>());
  if (!caller) throw new Error('a route that asks for its caller is not guarded');
  return caller;
});

/** The token of an `Authorization: Bearer` header; null where there is none. */
export const bearerToken = (header: string | undefined): string | null =>
  /^Bearer +([^ ]+) *$/i.exec(header ?? '')?.[1] ?? null;

/** Lets in who has a valid token in the header. Never from the address: addresses end up in logs. */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const token = bearerToken(request.headers.authorization);
    if (token === null) throw new InvalidToken('a token is required: Authorization: Bearer <token>');
    const caller = this.tokens.verify(token);
    const forService = this.reflector.getAllAndOverride<boolean | undefined>(SERVICE_ONLY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (forService && !isService(caller)) throw notAuthorized('only the surrounding application may do this');
    if (!forService && isService(caller)) throw notAuthorized('a service token is not for reading chats');
    callers.set(request, caller);
    return true;
  }
}
