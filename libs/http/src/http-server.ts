import { isUtf8 } from 'node:buffer';
import type { DynamicModule, LoggerService, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { isDeeperThan } from '#protocol';
import { HttpErrors, httpFault, invalid, HttpRefusal, type Tokens } from '#platform';
import type { HttpSettings } from '#settings';
import { HTTP_TIMES, HttpAdapter } from './http-adapter.js';
import { traceRequests } from './traced-requests.js';

/** Our largest body is a profile with an avatar of 2 KB, which escapes can make six times as long. */
export const MAX_BODY_BYTES = 16_384;
export const MAX_BODY_DEPTH = 16;

/**
 * Looks at a body before it is parsed. A deeply nested one would overflow the stack of whoever walks through it; one
 * that is no UTF-8 would be taken with other characters in it than were meant.
 */
function checkBody(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding !== 'utf-8') throw new HttpRefusal(415, [httpFault('VALIDATION', 'the body must be JSON in UTF-8')]);
  if (!isUtf8(body)) throw invalid([httpFault('VALIDATION', 'the body is not well-formed UTF-8')]);
  if (isDeeperThan(body, MAX_BODY_DEPTH)) {
    throw invalid([httpFault('VALIDATION', `the body is nested more than ${MAX_BODY_DEPTH} levels deep`)]);
  }
}

// Nest's type of these options leaves `verify` out; what body-parser gets is this object.
const bodyOptions = { limit: MAX_BODY_BYTES, verify: checkBody };

/**
 * What pages of other origins may do. Nothing here goes by cookies, so no page is ever asked for credentials: whoever
 * has the token may as well use it from elsewhere.
 */
const crossOrigin = (allowed: readonly string[]) => ({
  origin: allowed.length === 0 ? '*' : [...allowed],
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
  allowedHeaders: ['Authorization', 'Content-Type'],
  exposedHeaders: ['Retry-After', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'],
  // Browsers take two hours at most.
  maxAge: 7_200,
});

/**
 * Makes the HTTP side of a process of a module, not listening yet: bounded in time, in number and in size, errors in
 * one shape, open to pages of the allowed origins.
 * @param tokens say whom requests are counted for; without them they are not limited
 */
export async function createHttpApp(
  module: DynamicModule,
  settings: HttpSettings,
  logger: LoggerService | false,
  tokens?: Tokens,
): Promise<NestExpressApplication> {
  const options: Pick<NestApplicationOptions, 'logger' | 'bodyParser' | 'abortOnError'> = {
    logger,
    bodyParser: false,
    abortOnError: false,
  };
  // Loaded at its use: what it stands on requires the framework, which must be there as a whole by then.
  const { HttpLimits, limited } = await import('./http-limits.js');
  const root = tokens ? limited(module, tokens, settings) : module;
  const app = await NestFactory.create<NestExpressApplication>(root, new HttpAdapter(HTTP_TIMES), options);
  app.disable('x-powered-by');
  app.use(traceRequests);
  app.enableCors(crossOrigin(settings.allowedOrigins));
  if (tokens) app.use(app.get(HttpLimits).handle);
  app.useBodyParser('json', bodyOptions);
  app.useGlobalFilters(new HttpErrors());
  return app;
}
