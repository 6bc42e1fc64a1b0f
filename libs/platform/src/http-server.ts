import type { DynamicModule, LoggerService, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { isDeeperThan } from '#protocol';
import { HttpErrors, httpFault, invalid } from './http-errors.js';

/** Our largest body is a profile with an avatar of 2 KB, which escapes can make six times as long. */
export const MAX_BODY_BYTES = 16_384;
export const MAX_BODY_DEPTH = 16;

/** A deeply nested body would overflow the stack of whoever walks through it: it is refused before it is parsed. */
function refuseDeep(_request: unknown, _response: unknown, body: Buffer): void {
  if (isDeeperThan(body, MAX_BODY_DEPTH)) {
    throw invalid([httpFault('VALIDATION', `the body is nested more than ${MAX_BODY_DEPTH} levels deep`)]);
  }
}

// Nest's type of these options leaves `verify` out; what body-parser gets is this object.
const bodyOptions = { limit: MAX_BODY_BYTES, verify: refuseDeep };

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
  const app = await NestFactory.create<NestExpressApplication>(module, options);
  app.disable('x-powered-by');
  app.useBodyParser('json', bodyOptions);
  app.useGlobalFilters(new HttpErrors());
  return app;
}
