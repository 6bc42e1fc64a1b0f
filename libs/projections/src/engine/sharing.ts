import { fnv1a32, PARTITIONS } from '#domain';
import type { PresentWorker } from '#event-store';

/**
 * Who owns each partition of a projection: rendezvous hashing, so that everybody who sees the same workers agrees, and
 * a worker that comes or goes moves few partitions beside its own; bounded, so that nobody has more than their share.
 * One that some cannot fold on is another one's, beyond that one's share too; where nobody can it stays with any of them.
 * @returns the owner of each partition, by its number; empty where there are no workers
 */
export function ownersOf(group: string, workers: readonly PresentWorker[]): string[] {
  if (workers.length === 0) return [];
  const share = Math.ceil(PARTITIONS / workers.length);
  const load = new Map<string, number>();
  const isFree = ({ name }: PresentWorker) => (load.get(name) ?? 0) < share;
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const able = workers.filter(({ declines }) => !declines.includes(partition));
    const candidates = able.length > 0 ? able : workers;
    const free = candidates.filter(isFree);
    const owner = heaviest(group, partition, free.length > 0 ? free : candidates);
    load.set(owner, (load.get(owner) ?? 0) + 1);
    return owner;
  });
}

function heaviest(group: string, partition: number, workers: readonly PresentWorker[]): string {
  let [owner, most] = ['', -1];
  for (const { name } of workers) {
    const own = weight(group, partition, name);
    if (own > most) [owner, most] = [name, own];
  }
  return owner;
}

/** FNV alone leaves names that differ in their last character close together; this spreads them. */
function weight(group: string, partition: number, worker: string): number {
  let hash = fnv1a32(`${worker} ${group} ${partition}`);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
