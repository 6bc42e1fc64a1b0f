import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file that is there whole, on the disk, or not at all. */
export class WholeFile {
  private constructor(
    private readonly folder: string,
    private readonly part: string,
    private readonly handle: FileHandle,
  ) {}

  /** @param part what it is called until it is whole */
  static async begin(folder: string, part: string): Promise<WholeFile> {
    if ((await mkdir(folder, { recursive: true })) !== undefined) await syncFolder(dirname(folder));
    return new WholeFile(folder, join(folder, part), await open(join(folder, part), 'w'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += (await this.handle.write(bytes, at)).bytesWritten;
  }

  /** Gives it its name. From then on a power cut does not take it away. */
  async finish(name: string): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    await rename(this.part, join(this.folder, name));
    await syncFolder(this.folder);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** Where a folder cannot be opened, or synced, as a file can. */
const NOT_HERE = new Set(['EPERM', 'EACCES', 'EINVAL', 'EISDIR']);

/** What was renamed or made in it stays so. Some systems do not let a folder be opened, and need no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!NOT_HERE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Gives a folder that is whole its name. From then on a power cut does not take it away. */
export async function renameWhole(part: string, dir: string): Promise<void> {
  await syncFolder(part);
  await rename(part, dir);
  await syncFolder(dirname(dir));
}

/** A small one at once. */
export async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  const file = await WholeFile.begin(folder, `.${name}.part`);
  await file.write(Buffer.from(text));
  await file.finish(name);
}
