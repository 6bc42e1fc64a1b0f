import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { OperationRefused } from '#domain';
import type { BackedUpStream, EventLog } from '#event-store';
import type { ProgressOutput } from '#settings';
import { lockFolder, type Unlock } from '../export/lock.js';
import { renameWhole, WholeFile, writeWhole } from '../export/whole-file.js';
import { MANIFEST, type Manifest, type ManifestStream, META } from './manifest.js';

/** How often it is said how far it is. Milliseconds. */
const TELL_MS = 1_000;

/** @throws OperationRefused where one would be in the other, or something is there */
export async function checkFolders(dir: string, keysDir: string | null): Promise<void> {
  const [log, keys] = [resolve(dir), keysDir === null ? null : resolve(keysDir)];
  if (keys !== null && `${keys}${sep}`.startsWith(`${log}${sep}`)) {
    throw new OperationRefused(
      `${keysDir} lies in ${dir}: keep the keys apart from the log, so that whoever is erased later is not in every copy of it`,
    );
  }
  if (keys !== null && `${log}${sep}`.startsWith(`${keys}${sep}`)) {
    throw new OperationRefused(`${dir} lies in ${keysDir}: keep the log apart from the keys`);
  }
  for (const there of [dir, keysDir]) {
    if (there !== null && (await stat(there).catch(() => null)) !== null) {
      throw new OperationRefused(`${there} is there already: back up into a new folder, such as one of today's date`);
    }
  }
}

/** A folder that gets its name once all of it is in it and on the disk. */
export class BackupFolder {
  private streams = new Map<string, ManifestStream>();
  private isFinished = false;

  private constructor(
    private readonly dir: string,
    private readonly part: string,
    private readonly unlock: Unlock,
  ) {}

  /** What an interrupted backup left there is deleted. @throws OperationRefused where another one is at work there */
  static async begin(dir: string): Promise<BackupFolder> {
    const part = `${resolve(dir)}.part`;
    await mkdir(part, { recursive: true });
    const unlock = await lockFolder(part, 'backup');
    const folder = new BackupFolder(resolve(dir), part, unlock);
    await folder.#empty();
    return folder;
  }

  /** Takes a stream, instead of what was taken of it before. */
  async take(
    { backups }: Pick<EventLog, 'backups'>,
    name: string,
    progress: ProgressOutput,
    signal: AbortSignal,
  ): Promise<BackedUpStream> {
    const folder = join(this.part, name);
    await rm(folder, { recursive: true, force: true });
    const { fileName: file } = backups;
    const data = await WholeFile.begin(folder, `.${file}.part`);
    const hash = createHash('sha256');
    let [bytes, toldAt] = [0, Date.now()];
    try {
      const stream = await backups.take(
        name,
        async (part) => {
          hash.update(part);
          await data.write(part);
          bytes += part.length;
          if (Date.now() - toldAt < TELL_MS) return;
          toldAt = Date.now();
          progress.write(`${name}: ${(bytes / 1e6).toFixed(0)} MB, compressed\n`);
        },
        signal,
      );
      await data.finish(file);
      const meta = JSON.stringify({ config: stream.config, state: stream.state }, null, 2);
      await writeWhole(folder, META, meta);
      const { messages, last_seq: lastSeq } = stream.state;
      const metaSha256 = createHash('sha256').update(meta).digest('hex');
      this.streams.set(name, { name, file, bytes, sha256: hash.digest('hex'), metaSha256, messages, lastSeq });
      return stream;
    } catch (error) {
      await data.close().catch(() => undefined);
      throw error;
    }
  }

  get bytes(): number {
    return [...this.streams.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async finish(about: Omit<Manifest, 'format' | 'streams'>): Promise<void> {
    const manifest: Manifest = { format: 1, ...about, streams: [...this.streams.values()] };
    await writeWhole(this.part, MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
    await renameWhole(this.part, this.dir);
    this.isFinished = true;
    this.unlock();
  }

  /** Nothing of it is left. */
  async drop(): Promise<void> {
    await rm(this.isFinished ? this.dir : this.part, { recursive: true, force: true });
    this.unlock();
  }

  async #empty(): Promise<void> {
    // The folder itself is what is locked.
    for (const name of await readdir(this.part)) {
      await rm(join(this.part, name), { recursive: true, force: true });
    }
  }
}
