import { ApiResponse } from '@nestjs/swagger';
import { ErrorAnswer } from '#platform';

/** Shows an answer in the shape of every error on the OpenAPI page. */
export const ErrorResponse = (status: number, description: string): ClassDecorator & MethodDecorator =>
  ApiResponse({ status, description, schema: ErrorAnswer.ref });
