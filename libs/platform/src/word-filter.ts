import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import type { WordFilter } from '#domain';
import { ConfigError } from '#settings';

/**
 * The word filter of a module, which it exports by default; undefined where none is set.
 * @param path absolute
 * @throws ConfigError where there is none to be had
 */
export async function loadWordFilter(path: string | undefined): Promise<WordFilter | undefined> {
  if (path === undefined) return undefined;
  const unfit = (reason: string) => new ConfigError([`WORD_FILTER cannot be used: ${path} ${reason}.`]);
  let filter: unknown;
  try {
    ({ default: filter } = (await import(pathToFileURL(path).href)) as { readonly default?: unknown });
  } catch (error) {
    throw unfit(`cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof filter !== 'function') throw unfit('has no function as its default export');
  if (types.isAsyncFunction(filter)) throw unfit('is asynchronous: it must answer at once');
  return filter as WordFilter;
}
