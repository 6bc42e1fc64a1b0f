import type { StreamConfig } from '@nats-io/jetstream';

// What the metadata of a stream says of its being restored from a backup.

/** Which restoring is under way, or was interrupted: until it is over, the stream is not to be used. */
export const RESTORING = 'restoring';
/** When it was restored last, as the number of a version that was begun then, and which restoring did it. */
export const RESTORED = 'restored';

/** 0 where it never was. */
export const restoredAtOf = ({ metadata }: Pick<StreamConfig, 'metadata'>): number =>
  Number(metadata?.[RESTORED]?.split(' ')[0] ?? 0);

/** Why it is not to be used; null where it is. */
export const restoringOf = ({ name, metadata }: Pick<StreamConfig, 'name' | 'metadata'>): string | null =>
  metadata?.[RESTORING] === undefined
    ? null
    : `${name} is being restored from a backup: wait for the end of it; where it was interrupted, run \`chatctl restore\` again`;
