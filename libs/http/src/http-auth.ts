import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth, ApiResponse } from '@nestjs/swagger';
import type { Request } from 'express';
import { bearerToken, type Caller, ErrorAnswer, InvalidToken, isService, notAuthorized, Tokens } from '#platform';

const WHO_MAY = 'parley:who-may';

/** Marks what only the surrounding application may do; a service token may do nothing else. */
export const ForService = (): ClassDecorator & MethodDecorator => SetMetadata(WHO_MAY, 'service');

/** Marks what a person may do with what is their own, which the route sees to, and a service token with anybody's. */
export const ForOwnerAndService = (): ClassDecorator & MethodDecorator => SetMetadata(WHO_MAY, 'both');

const callers = new WeakMap<Request, Caller>();

/** Who asks, by the token in the header. Verified once for each request. @throws InvalidToken */
export function callerOf(request: Request, tokens: Tokens): Caller {
  const known = callers.get(request);
  if (known) return known;
  const token = bearerToken(request.headers.authorization);
  if (token === null) throw new InvalidToken('a token is required: Authorization: Bearer <token>');
  const caller = tokens.verify(token);
  callers.set(request, caller);
  return caller;
}

/** The caller of a route that {@link BearerGuard} guards. */
export const FromToken = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callers.get(context.switchToHttp().getRequest<Request>());
  if (!caller) throw new Error('a route that asks for its caller is not guarded');
  return caller;
});

/** Lets in who has a valid token in the header. Never from the address: addresses end up in logs. */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const caller = callerOf(context.switchToHttp().getRequest<Request>(), this.tokens);
    const who = this.reflector.getAllAndOverride<'service' | 'both' | undefined>(WHO_MAY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (who === 'service' && !isService(caller)) throw notAuthorized('only the surrounding application may do this');
    if (who === undefined && isService(caller)) throw notAuthorized('a service token is not for reading chats');
    return true;
  }
}

/** Shows an answer in the shape of every error on the OpenAPI page. */
export const ErrorResponse = (status: number, description: string): ClassDecorator & MethodDecorator =>
  ApiResponse({ status, description, schema: ErrorAnswer.ref });

/**
 * Marks routes that want a token: a person's, the surrounding application's with {@link ForService}, or either with
 * {@link ForOwnerAndService}.
 */
export const WithToken = (): ClassDecorator =>
  applyDecorators(
    UseGuards(BearerGuard),
    ApiBearerAuth(),
    ErrorResponse(401, 'The token is missing, invalid, expired or revoked.'),
    ErrorResponse(429, 'Too many requests; try again after `Retry-After` seconds.'),
  );
