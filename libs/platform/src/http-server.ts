import { isUtf8 } from 'node:buffer';
import type { DynamicModule, LoggerService, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { isDeeperThan } from '#protocol';
import { HTTP_TIMES, HttpAdapter } from './http-adapter.js';
import { HttpErrors, httpFault, invalid, Refused } from './http-errors.js';

/** Our largest body is a profile with an avatar of 2 KB, which escapes can make six times as long. */
export const MAX_BODY_BYTES = 16_384;
export const MAX_BODY_DEPTH = 16;

/**
 * Looks at a body before it is parsed. A deeply nested one would overflow the stack of whoever walks through it; one
 * that is no UTF-8 would be taken with other characters in it than were meant.
 */
function checkBody(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding !== 'utf-8') throw new Refused(415, [httpFault('VALIDATION', 'the body must be JSON in UTF-8')]);
  if (!isUtf8(body)) throw invalid([httpFault('VALIDATION', 'the body is not well-formed UTF-8')]);
  if (isDeeperThan(body, MAX_BODY_DEPTH)) {
    throw invalid([httpFault('VALIDATION', `the body is nested more than ${MAX_BODY_DEPTH} levels deep`)]);
  }
}

// Nest's type of these options leaves `verify` out; what body-parser gets is this object.
const bodyOptions = { limit: MAX_BODY_BYTES, verify: checkBody };

/**
 * Makes the HTTP side of a process of a module, not listening yet: bounded JSON bodies, errors in one shape, and no
 * CORS, so that a page of another origin cannot read answers.
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  logger: LoggerService | false,
): Promise<NestExpressApplication> {
  const options: Pick<NestApplicationOptions, 'logger' | 'bodyParser' | 'abortOnError'> = {
    logger,
    bodyParser: false,
    abortOnError: false,
  };
  const app = await NestFactory.create<NestExpressApplication>(module, new HttpAdapter(HTTP_TIMES), options);
  app.disable('x-powered-by');
  app.useBodyParser('json', bodyOptions);
  app.useGlobalFilters(new HttpErrors());
  return app;
}
