import { NewerEvent, RetryableError } from '#domain';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { type Static, Type } from '@sinclair/typebox';
import type { Request, Response } from 'express';
import { OutcomeUnknown } from '#event-store';
import { echo, listOf, named, nullable, oneOf, text } from '#protocol';
import { TurnMissed } from './fair-queue.js';
import { LineLimit } from './line-limit.js';
import { InvalidToken } from './tokens.js';

// The one shape of every HTTP answer that is not a success, whoever makes it: our handlers, the framework, a body
// parser. Nothing of a fault's own text goes out, only of a refusal's.

/** What is wrong, in words a program can tell apart. */
export const reasons = [
  'REQUIRED',
  'VALIDATION',
  'NOT_AUTHENTICATED',
  'NOT_AUTHORIZED',
  'NOT_FOUND',
  'NOT_ALLOWED',
  'TOO_LARGE',
  'TOO_MANY',
  'UNAVAILABLE',
  /** It may have been done or not: the same again settles it. */
  'UNKNOWN',
  'UNEXPECTED',
] as const;
export type Reason = (typeof reasons)[number];

/** One entry of an error answer's list. */
export const HttpFault = named(
  'HttpFault',
  Type.Object({
    reason: oneOf(...reasons),
    field: nullable(text('The parameter, field or claim that is at fault.')),
    value: Type.Unsafe<string | number | boolean | null>({
      nullable: true,
      oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }],
      description: 'What was given; of a text, the first 100 characters.',
    }),
    message: text('For people: what is wrong, and what would be right.'),
    additional: Type.Unsafe<null>({ type: 'object', nullable: true, description: 'Always null.' }),
  }),
);
export type HttpFault = Static<typeof HttpFault.ref>;

/** The body of every answer that is not a success. */
export const ErrorAnswer = named(
  'ErrorAnswer',
  Type.Object({
    statusCode: Type.Integer({ example: 400, description: 'The HTTP status.' }),
    errors: listOf(HttpFault.ref),
  }),
);
export type ErrorAnswer = Static<typeof ErrorAnswer.ref>;

/** Refuses a request. Thrown by handlers; `errors` is what the client is told. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  constructor(
    readonly statusCode: number,
    readonly errors: readonly HttpFault[],
  ) {
    super(errors.map(({ message }) => message).join('; '));
  }
}

export const httpFault = (
  reason: Reason,
  message: string,
  field: string | null = null,
  value: unknown = null,
): HttpFault => ({
  reason,
  field,
  value: echo(value),
  message,
  additional: null,
});

export const invalid = (faults: readonly HttpFault[]): HttpRefusal => new HttpRefusal(400, faults);

export const notFound = (field: string, value: unknown, message: string): HttpRefusal =>
  new HttpRefusal(404, [httpFault('NOT_FOUND', message, field, value)]);

export const notAuthorized = (message: string): HttpRefusal =>
  new HttpRefusal(403, [httpFault('NOT_AUTHORIZED', message)]);

/** What the framework and the body parsers refuse, by status; their own texts may hold anything of the request. */
const refusals = new Map<number, readonly [Reason, string]>([
  [400, ['VALIDATION', 'the request cannot be read: malformed JSON or path']],
  [404, ['NOT_FOUND', 'there is nothing at this path']],
  [405, ['NOT_ALLOWED', 'this method is not allowed here']],
  [413, ['TOO_LARGE', 'the body is too large']],
  [415, ['VALIDATION', 'the body must be JSON in UTF-8']],
]);

const has = <K extends string>(error: unknown, key: K): error is Record<K, unknown> =>
  typeof error === 'object' && error !== null && key in error;

/** The status of an error of the framework's or of an http-errors one, as body parsers throw them; null for others. */
function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  return has(error, 'expose') && has(error, 'statusCode') && typeof error.statusCode === 'number'
    ? error.statusCode
    : null;
}

/** What is answered for an error; a status of 500 is a fault of ours. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof HttpRefusal) return { statusCode: error.statusCode, errors: error.errors };
  if (error instanceof InvalidToken) {
    return { statusCode: 401, errors: [httpFault('NOT_AUTHENTICATED', error.message, 'token')] };
  }
  if (error instanceof OutcomeUnknown) {
    const message = 'the log did not answer in time: it may have been done. Send it again, twice is the same as once';
    return { statusCode: 503, errors: [httpFault('UNKNOWN', message)] };
  }
  if (error instanceof TurnMissed) {
    return {
      statusCode: 503,
      errors: [httpFault('UNAVAILABLE', 'others are before you, too many or too slow: try again')],
    };
  }
  if (error instanceof RetryableError) {
    return { statusCode: 503, errors: [httpFault('UNAVAILABLE', 'a server that this needs is away: try again')] };
  }
  if (error instanceof NewerEvent) {
    const message = 'this is of a newer release than who was asked: try again';
    return { statusCode: 503, errors: [httpFault('UNAVAILABLE', message)] };
  }
  const statusCode = statusOf(error) ?? 500;
  if (statusCode >= 500) return { statusCode: 500, errors: [httpFault('UNEXPECTED', 'something went wrong here')] };
  const [reason, message] = refusals.get(statusCode) ?? (['VALIDATION', 'the request is refused'] as const);
  return { statusCode, errors: [httpFault(reason, message)] };
}

/**
 * Seconds that a client is asked to wait, where nothing else is said: a server is away, the log itself is given up after
 * 5, or what was asked for before is not over.
 */
const RETRY_AFTER = '2';

/** While a server is away everything asked of it is refused: so many lines within so many milliseconds. */
const LINES = 20;
const INTERVAL = 10_000;

const logger = new Logger('HTTP');

@Catch()
export class HttpErrors implements ExceptionFilter {
  private readonly warnings = new LineLimit(logger, { lines: LINES, intervalMs: INTERVAL });
  private readonly errors = new LineLimit(logger, { level: 'error', lines: LINES, intervalMs: INTERVAL });

  catch(error: unknown, host: ArgumentsHost): void {
    // Sockets have error frames of their own.
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const answer = errorAnswer(error);
    if (answer.statusCode >= 500) this.report(request, answer.statusCode, error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (answer.statusCode === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    const isLater = answer.statusCode === 503 || answer.statusCode === 429;
    if (isLater && !response.hasHeader('Retry-After')) response.setHeader('Retry-After', RETRY_AFTER);
    response.status(answer.statusCode).json(answer);
  }

  private report(request: Request, statusCode: number, error: unknown): void {
    const where = `${request.method} ${request.path}: ${statusCode}`;
    const reason = error instanceof Error ? error.message : String(error);
    if (statusCode === 503) this.warnings.say(`${where}: ${reason}`);
    else this.errors.say(`${where}: ${reason}`, error instanceof Error ? error.stack : undefined);
  }
}
