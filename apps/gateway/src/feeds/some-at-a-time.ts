/**
 * Works on every item, `atOnce` of them at a time. One that takes long keeps no other waiting but those after it in its
 * place, and one that fails fails alone: what is done for everybody must not end with the first who has trouble.
 */
export async function someAtATime<T>(items: Iterable<T>, { atOnce, work, failed }: SomeAtATime<T>): Promise<void> {
  const left = items[Symbol.iterator]();
  const place = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed(next.value, error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, place));
}

export interface SomeAtATime<T> {
  readonly atOnce: number;
  readonly work: (item: T) => Promise<void>;
  readonly failed: (item: T, error: unknown) => void;
}
