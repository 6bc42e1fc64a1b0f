import { describe, expect, it } from '@jest/globals';
import { BadRequestException, NotFoundException } from '@nestjs/common';
import { OutcomeUnknown } from '#event-store';
import { errorAnswer, httpFault, invalid, notFound } from '../src/http-errors.js';
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
    const away = Object.assign(new Error('10.1.2.3'), { retryable: true });
    expect(errorAnswer(away)).toMatchObject({ statusCode: 503, errors: [{ reason: 'UNAVAILABLE' }] });
    expect(JSON.stringify(errorAnswer(away))).not.toContain('10.1.2.3');
  });

  it('says of what may have been done that it may, and that it may be sent again', () => {
    const answer = errorAnswer(new OutcomeUnknown('10.1.2.3'));
    expect(answer).toMatchObject({ statusCode: 503, errors: [{ reason: 'UNKNOWN' }] });
    expect(answer.errors[0]?.message).toMatch(/may have been done.*again/);
    expect(JSON.stringify(answer)).not.toContain('10.1.2.3');
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
