import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command, OutboxStore } from './outbox.js';

/**
 * An outbox in a file, for one process at a time: it is written anew, beside the old one, with each command that comes
 * or goes, and takes its place once it is on the disk.
 */
export function fileOutbox(path: string): OutboxStore {
  const commands = new Map<string, Command>();
  let last: Promise<unknown> = Promise.resolve();
  /** What cannot be read is not written over: somebody may still mend it. */
  let isRead = false;
  /** One after the other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const write = async () => {
    if (!isRead) throw new Error(`${path} was not read: what is in it is kept as it is`);
    await mkdir(dirname(path), { recursive: true });
    const draft = await open(`${path}.new`, 'w');
    try {
      await draft.writeFile([...commands.values()].map((command) => `${JSON.stringify(command)}\n`).join(''));
      await draft.sync();
    } finally {
      await draft.close();
    }
    await rename(`${path}.new`, path);
  };
  return {
    load: () =>
      inTurn(async () => {
        const text = await readFile(path, 'utf8').catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
          throw error;
        });
        const loaded = text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Command);
        for (const command of loaded) commands.set(command.id, command);
        isRead = true;
        return loaded;
      }),
    put: (command) =>
      inTurn(async () => {
        commands.set(command.id, command);
        await write();
      }),
    remove: (id) =>
      inTurn(async () => {
        if (commands.delete(id)) await write();
      }),
  };
}
