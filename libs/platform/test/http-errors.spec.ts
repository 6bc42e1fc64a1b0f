import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { NewerEvent, RetryableError } from '#domain';
import { BadRequestException, Logger, NotFoundException } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { OutcomeUnknown } from '#event-store';
import { TurnMissed } from '../src/fair-queue.js';
import { errorAnswer, HttpErrors, httpFault, invalid, notFound } from '../src/http-errors.js';
import { InvalidToken } from '../src/tokens.js';

describe('an error answer', () => {
  it('has the documented shape, whoever refuses', () => {
    expect(errorAnswer(new InvalidToken('a token is required'))).toEqual({
      statusCode: 401,
      errors: [
        { reason: 'NOT_AUTHENTICATED', field: 'token', value: null, message: 'a token is required', additional: null },
      ],
    });
    expect(errorAnswer(notFound('_id', '7', 'no such message'))).toEqual({
      statusCode: 404,
      errors: [{ reason: 'NOT_FOUND', field: '_id', value: '7', message: 'no such message', additional: null }],
    });
    const unknownPath = errorAnswer(new NotFoundException('Cannot GET /x?token=abc'));
    expect(unknownPath).toMatchObject({ statusCode: 404, errors: [{ reason: 'NOT_FOUND', field: null }] });
    expect(JSON.stringify(unknownPath)).not.toContain('abc');
    expect(errorAnswer(new BadRequestException('Unexpected token'))).toMatchObject({
      statusCode: 400,
      errors: [{ reason: 'VALIDATION' }],
    });
  });

  it('tells nothing of a fault', () => {
    for (const error of [new Error('secret'), 'secret', null, undefined, { message: 'secret', statusCode: 'x' }]) {
      expect(errorAnswer(error)).toEqual({
        statusCode: 500,
        errors: [httpFault('UNEXPECTED', 'something went wrong here')],
      });
    }
  });

  it('says that a server which is away comes back', () => {
    const away = new RetryableError('10.1.2.3');
    expect(errorAnswer(away)).toMatchObject({ statusCode: 503, errors: [{ reason: 'UNAVAILABLE' }] });
    expect(JSON.stringify(errorAnswer(away))).not.toContain('10.1.2.3');
  });

  it('says of what only a newer release can read that it may be asked for again', () => {
    const answer = errorAnswer(new NewerEvent('unknown event Sung version 4'));
    expect(answer).toMatchObject({ statusCode: 503, errors: [{ reason: 'UNAVAILABLE' }] });
    expect(JSON.stringify(answer)).not.toContain('Sung');
  });

  it('says of what may have been done that it may, and that it may be sent again', () => {
    const answer = errorAnswer(new OutcomeUnknown('10.1.2.3'));
    expect(answer).toMatchObject({ statusCode: 503, errors: [{ reason: 'UNKNOWN' }] });
    expect(answer.errors[0]?.message).toMatch(/may have been done.*again/);
    expect(JSON.stringify(answer)).not.toContain('10.1.2.3');
  });

  it('says of a turn that did not come that others were asked for before', () => {
    const answer = errorAnswer(new TurnMissed('its turn did not come within 30 s'));
    expect(answer).toMatchObject({ statusCode: 503, errors: [{ reason: 'UNAVAILABLE' }] });
    expect(answer.errors[0]?.message).toMatch(/others are before you.*try again/);
  });

  it('takes the status of a body parser, with words of our own', () => {
    const tooLarge = Object.assign(new Error('request entity too large'), {
      expose: true,
      status: 413,
      statusCode: 413,
    });
    expect(errorAnswer(tooLarge)).toMatchObject({ statusCode: 413, errors: [{ reason: 'TOO_LARGE' }] });
  });

  it('echoes the beginning of a value only, and nothing of an object', () => {
    const { errors } = errorAnswer(
      invalid([httpFault('VALIDATION', 'm', 'f', 'x'.repeat(5000)), httpFault('VALIDATION', 'm', 'f', {})]),
    );
    expect(errors[0]?.value).toBe('x'.repeat(100));
    expect(errors[1]?.value).toBeNull();
  });
});

describe('the log', () => {
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it.each([
    ['warn', new RetryableError('10.1.2.3')],
    ['error', new Error('a fault of ours')],
  ] as const)('is not flooded by what cannot be answered: %s', (level, error) => {
    jest.useFakeTimers();
    const lines: unknown[] = [];
    jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => lines.push(line));
    const errors = new HttpErrors();
    let answered = 0;
    const response = { hasHeader: () => false, setHeader: () => undefined, status: () => ({ json: () => answered++ }) };
    for (let i = 0; i < 500; i++) {
      errors.catch(error, new ExecutionContextHost([{ method: 'GET', path: '/chats' }, response]));
    }
    expect([answered, lines.length]).toEqual([500, 20]);
    expect(lines[0]).toMatch(/^GET \/chats: 50[03]: /);
    jest.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(21);
  });
});
