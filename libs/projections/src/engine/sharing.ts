import { fnv1a32, PARTITIONS } from '#domain';

/**
 * Who owns each partition of a projection: rendezvous hashing, so that everybody who sees the same members agrees, and
 * a member that comes or goes moves few partitions beside its own; bounded, so that nobody has more than their share.
 * @returns the owner of each partition, by its number; empty where there are no members
 */
export function ownersOf(group: string, members: readonly string[]): string[] {
  if (members.length === 0) return [];
  const share = Math.ceil(PARTITIONS / members.length);
  const load = new Map<string, number>();
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    let owner = '';
    let heaviest = -1;
    for (const member of members) {
      if ((load.get(member) ?? 0) >= share) continue;
      const own = weight(group, partition, member);
      if (own <= heaviest) continue;
      owner = member;
      heaviest = own;
    }
    load.set(owner, (load.get(owner) ?? 0) + 1);
    return owner;
  });
}

/** FNV alone leaves names that differ in their last character close together; this spreads them. */
function weight(group: string, partition: number, member: string): number {
  let hash = fnv1a32(`${member} ${group} ${partition}`);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
