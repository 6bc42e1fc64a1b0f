import fc from 'fast-check';

const SHRINK_MS = 10_000;

/**
 * Checks a property. What fails is shrunk for some seconds only: to its end it would take minutes. What is thrown has
 * the seed and the path: with them as options `fc.assert` goes on from there.
 */
export async function check<T>(
  property: fc.IAsyncProperty<T>,
  options: { readonly numRuns: number; readonly seed?: number },
): Promise<void> {
  const found = await fc.check(property, { ...options, endOnFailure: true });
  if (found.counterexamplePath === null) return;
  const { seed, counterexamplePath: path } = found;
  const shrunk = await fc.check(property, { ...options, seed, path, interruptAfterTimeLimit: SHRINK_MS });
  const failed = shrunk.failed ? shrunk : found;
  throw new Error(await fc.asyncDefaultReportMessage(failed), { cause: failed.errorInstance });
}
