import { chatctl } from '../../apart/chatctl.js';
import type { SystemApart } from '../../apart/system-apart.js';
import { KeyBackup } from './key-backup.js';

/** Those that hold texts and names of people. */
const PROJECTIONS = ['timeline', 'directory'];
const GONE_WITHIN_MS = 30_000;

/** Somebody who was erased, and their key as a backup of before has it. */
export interface BackedUp {
  readonly userId: string;
  readonly key: Uint8Array;
}

/** What must be so once somebody is erased, whatever is done to the system afterwards. */
export interface Afterwards {
  /** Whether the read models are the fold of the log: as they are, and built anew. */
  readonly equal: boolean;
  readonly equalAfterRebuild: boolean;
  /** Whether a key that came back with a backup is deleted once more, and the read models are the fold then. */
  readonly goneAfterRestore: boolean;
  readonly equalAfterRestore: boolean;
}

export async function lookAfterwards(
  system: SystemApart,
  { userId, key }: BackedUp,
  say: (line: string) => void,
): Promise<Afterwards> {
  const servers = {
    nats: system.running.nats.servers,
    mongodb: system.mongodb.url,
    keysFile: system.running.nats.keysFile ?? '',
  };
  const isDone = async (...args: string[]): Promise<boolean> => {
    const { status, out } = await chatctl(servers, ...args);
    say(out.trim());
    return status === 0;
  };
  say('comparing the read models with the log');
  const equal = await isDone('verify');
  say('building them anew');
  for (const projection of PROJECTIONS) {
    if (!(await isDone('rebuild', projection))) throw new Error(`${projection} was not built anew: see above why`);
  }
  const equalAfterRebuild = await isDone('verify');
  say('restoring the key from a backup of before');
  const backup = await KeyBackup.connect(system.running.nats);
  try {
    await system.projector.kill('SIGTERM');
    await backup.restore(userId, key);
    if ((await backup.read(userId)) === null) throw new Error('the key could not be restored');
    await system.projector.start();
    const goneAfterRestore = await backup.isGone(userId, GONE_WITHIN_MS);
    return { equal, equalAfterRebuild, goneAfterRestore, equalAfterRestore: await isDone('verify') };
  } finally {
    await backup.close();
  }
}
