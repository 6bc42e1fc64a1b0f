/**
 * What comes, and null each time that nothing came for so long. What it iterates over has to end by itself where this is
 * left before its end.
 */
export async function* withTicks<T>(source: AsyncIterable<T>, ms: number): AsyncGenerator<T | null, void> {
  const iterator = source[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const tick = new Promise<null>((resolve) => (timer = setTimeout(resolve, ms, null)));
      const came = await Promise.race([next, tick]).finally(() => {
        clearTimeout(timer);
      });
      if (came?.done) return;
      yield came && came.value;
      if (came) next = iterator.next();
    }
  } finally {
    // Not waited for: what is under way may take as long as it likes.
    void iterator.return?.();
  }
}
