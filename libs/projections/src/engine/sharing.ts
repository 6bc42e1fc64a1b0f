import { fnv1a32, PARTITIONS } from '#domain';

/**
 * Who owns each partition of a projection: rendezvous hashing, so that everybody who sees the same workers agrees, and
 * a worker that comes or goes moves few partitions beside its own; bounded, so that nobody has more than their share.
 * @returns the owner of each partition, by its number; empty where there are no workers
 */
export function ownersOf(group: string, workers: readonly string[]): string[] {
  if (workers.length === 0) return [];
  const share = Math.ceil(PARTITIONS / workers.length);
  const load = new Map<string, number>();
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    let owner = '';
    let heaviest = -1;
    for (const worker of workers) {
      if ((load.get(worker) ?? 0) >= share) continue;
      const own = weight(group, partition, worker);
      if (own <= heaviest) continue;
      owner = worker;
      heaviest = own;
    }
    load.set(owner, (load.get(owner) ?? 0) + 1);
    return owner;
  });
}

/** FNV alone leaves names that differ in their last character close together; this spreads them. */
function weight(group: string, partition: number, worker: string): number {
  let hash = fnv1a32(`${worker} ${group} ${partition}`);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
