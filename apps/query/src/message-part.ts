import { httpFault, invalid } from '#platform';
import type { MessagePart } from '#projections';
import { nullable, whole } from '#protocol';
import { NumberText } from './input.js';

// How a list of messages is read part by part: by their numbers, which stay right while messages come in.

export const MAX_NUMBER = Number.MAX_SAFE_INTEGER;

export class PartParameters {
  @NumberText(1, MAX_NUMBER, { optional: true, description: 'Messages below this `n`, newest first.' })
  before?: string;

  @NumberText(0, MAX_NUMBER, { optional: true, description: 'Messages above this `n`, oldest first.' })
  after?: string;

  @NumberText(1, 200, { default: 50 })
  limit?: string;
}

/** @throws HttpRefusal where two parts are meant */
export function partOf({ before, after, limit }: PartParameters): MessagePart {
  if (before !== undefined && after !== undefined) {
    throw invalid([httpFault('VALIDATION', 'give before or after, not both', 'after', after)]);
  }
  return {
    before: before === undefined ? undefined : Number(before),
    after: after === undefined ? null : Number(after),
    limit: Number(limit ?? 50),
  };
}

export const next = nullable(whole('The cursor of the next page, or null.'));
