const CHUNK = 512;

/** A sorted set of strings, in chunks, so that an insert moves hundreds of them and not millions. */
export class SortedIds {
  private readonly chunks: string[][] = [];

  /** @param ids each once, in any order */
  constructor(ids: Iterable<string> = []) {
    const sorted = [...ids].sort();
    for (let i = 0; i < sorted.length; i += CHUNK) this.chunks.push(sorted.slice(i, i + CHUNK));
    if (this.chunks.length === 0) this.chunks.push([]);
  }

  /** Adds an id that is not in the set. */
  add(id: string): void {
    const at = this.chunkOf(id);
    const chunk = this.chunks[at]!;
    chunk.splice(lowerBound(chunk, id), 0, id);
    if (chunk.length > CHUNK)
      this.chunks.splice(at + 1, 0, chunk.splice(at === this.chunks.length - 1 ? CHUNK : CHUNK / 2));
  }

  *ascending(from: string, to: string): Iterable<string> {
    for (let c = this.chunkOf(from); c < this.chunks.length; c++) {
      const chunk = this.chunks[c]!;
      for (let i = lowerBound(chunk, from); i < chunk.length; i++) {
        if (chunk[i]! >= to) return;
        yield chunk[i]!;
      }
    }
  }

  *descending(from: string, to: string): Iterable<string> {
    for (let c = this.chunkOf(to); c >= 0; c--) {
      const chunk = this.chunks[c]!;
      for (let i = lowerBound(chunk, to) - 1; i >= 0; i--) {
        if (chunk[i]! < from) return;
        yield chunk[i]!;
      }
    }
  }

  /** The first chunk whose last id is not below this one, or the last chunk. */
  private chunkOf(id: string): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.chunks[middle]!.at(-1)! < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The place of the first id that is not below this one. */
function lowerBound(ids: readonly string[], id: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
