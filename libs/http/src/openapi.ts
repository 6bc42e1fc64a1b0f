import { ApiResponse } from '@nestjs/swagger';
import { reasons } from '#platform';

// How error answers are shown on the OpenAPI page.

/** The schemas that {@link ErrorResponse} refers to; part of the components of every document. */
export const errorSchemas = {
  ErrorAnswer: {
    type: 'object',
    required: ['statusCode', 'errors'],
    properties: {
      statusCode: { type: 'integer', example: 400, description: 'The HTTP status.' },
      errors: { type: 'array', items: { $ref: '#/components/schemas/HttpFault' } },
    },
  },
  HttpFault: {
    type: 'object',
    required: ['reason', 'field', 'value', 'message', 'additional'],
    properties: {
      reason: { type: 'string', enum: [...reasons] },
      field: { type: 'string', nullable: true, description: 'The parameter, field or claim that is at fault.' },
      value: {
        nullable: true,
        oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }],
        description: 'What was given; of a text, the first 100 characters.',
      },
      message: { type: 'string', description: 'For people: what is wrong, and what would be right.' },
      additional: { type: 'object', nullable: true, description: 'Always null.' },
    },
  },
};

/** Documents an answer in the shape of every error. */
export const ErrorResponse = (status: number, description: string): ClassDecorator & MethodDecorator =>
  ApiResponse({ status, description, schema: { $ref: '#/components/schemas/ErrorAnswer' } });
