import { Logger } from '@nestjs/common';
import { isFilledText, MAX_CONTENT_LENGTH, type WordFilter } from '#domain';

/** Injection token of the word filter, null where there is none. */
export const WORD_FILTER = Symbol('word filter');

/**
 * A filter of somebody else's, held to what it must answer: what it throws, or answers that is neither null nor a text
 * that may be said, refuses what it was asked about. Of the first such fault it is told why, and of no other.
 */
export function checkedWordFilter(filter: WordFilter): WordFilter {
  const logger = new Logger('WordFilter');
  let hasFailed = false;
  const fail = (reason: string): null => {
    if (!hasFailed) logger.error(`the word filter fails, and what it fails at is refused: ${reason}`);
    hasFailed = true;
    return null;
  };
  return (text, context) => {
    try {
      const left: unknown = filter(text, context);
      if (left === null || isFilledText(left, MAX_CONTENT_LENGTH)) return left;
      // What comes of it later nobody waits for, and a failure of that must not end the process.
      Promise.resolve(left).catch(() => undefined);
      const answer = left instanceof Promise ? 'a promise' : typeof left;
      return fail(`it answered ${answer}, not null or a text of 1 to ${MAX_CONTENT_LENGTH} characters`);
    } catch (error) {
      return fail(String(error));
    }
  };
}
