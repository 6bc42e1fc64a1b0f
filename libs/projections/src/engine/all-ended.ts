/** Also where one fails, the others are not left to go on by themselves. @throws what the first of them failed by */
export async function allEnded(all: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(all)) if (end.status === 'rejected') throw end.reason;
}
