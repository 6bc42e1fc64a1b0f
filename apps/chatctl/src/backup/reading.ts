import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationRefused } from '#domain';
import type { BackedUpStream } from '#event-store';
import { MANIFEST, type Manifest, META, type StoredStream } from './manifest.js';

/** As the `nats` command line calls them: of servers from 2.15 on, and of before. */
const DATA = ['stream.arc.s2', 'stream.tar.s2'];

/** What a folder holds, checked from the first byte to the last. */
export interface StoredBackup {
  /** Null of what the `nats` command line wrote. */
  readonly manifest: Manifest | null;
  readonly streams: readonly StoredStream[];
}

/**
 * Reads a folder of `chatctl backup`, or what `nats stream backup` or `nats account backup` wrote.
 * @throws OperationRefused where it is none, or damaged
 */
export async function readBackup(dir: string): Promise<StoredBackup> {
  const names = await readdir(dir).catch((error: unknown) => {
    throw new OperationRefused(`there is no backup in ${dir}: ${(error as Error).message}`);
  });
  if (dir.replace(/[\\/]+$/, '').endsWith('.part'))
    throw new OperationRefused(`${dir} is of a backup that was interrupted`);
  if (names.includes(MANIFEST)) return ours(dir);
  const folders = names.includes(META) ? [dir] : await foldersWithin(dir, names);
  if (folders.length === 0) {
    throw new OperationRefused(`${dir} is no backup that is whole: neither ${MANIFEST} nor ${META} is in it`);
  }
  const streams: StoredStream[] = [];
  for (const folder of folders) {
    const [file, ...more] = (await readdir(folder)).filter((name) => DATA.includes(name));
    if (file === undefined || more.length > 0)
      throw new OperationRefused(`${folder} must hold one of ${DATA.join(', ')}`);
    const [stream, path] = [metaOf(folder, await readFile(join(folder, META), 'utf8')), join(folder, file)];
    const bytes = (await stat(path)).size;
    await checkFrames(path, bytes);
    streams.push({ stream, path, bytes });
  }
  return { manifest: null, streams };
}

async function ours(dir: string): Promise<StoredBackup> {
  const manifest = JSON.parse(await readFile(join(dir, MANIFEST), 'utf8')) as Manifest;
  // A later release may write what this one cannot read.
  if (manifest.format !== 1) throw new OperationRefused(`${dir} is of a later release: restore it with that`);
  const streams: StoredStream[] = [];
  for (const { name, file, bytes, sha256, metaSha256 } of manifest.streams) {
    const folder = join(dir, name);
    const path = join(folder, file);
    const meta = await readFile(join(folder, META)).catch(unreadable(join(folder, META)));
    if (createHash('sha256').update(meta).digest('hex') !== metaSha256) damaged(join(folder, META), CHANGED);
    const { size } = await stat(path).catch(unreadable(path));
    if (size !== bytes) damaged(path, `has ${size} bytes, and had ${bytes}`);
    const hash = createHash('sha256');
    for await (const part of createReadStream(path)) hash.update(part as Buffer);
    if (hash.digest('hex') !== sha256) damaged(path, CHANGED);
    streams.push({ stream: metaOf(folder, meta.toString()), path, bytes });
  }
  return { manifest, streams };
}

const CHANGED = 'is not what was written: its checksum is another';

function damaged(path: string, how: string): never {
  throw new OperationRefused(`the backup is damaged: ${path} ${how}. Nothing was restored; take another backup`);
}

/** What is there and cannot be read is not damaged: it may be somebody else's, or on a disk that fails. */
const unreadable = (path: string) => (error: unknown) => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') damaged(path, 'is missing');
  throw new OperationRefused(`${path} cannot be read: ${(error as Error).message}. Nothing was restored`);
};

async function foldersWithin(dir: string, names: readonly string[]): Promise<string[]> {
  const folders = names.map((name) => join(dir, name));
  const have = await Promise.all(
    folders.map(async (folder) => (await readdir(folder).catch((): string[] => [])).includes(META)),
  );
  return folders.filter((_, i) => have[i]);
}

function metaOf(folder: string, text: string): BackedUpStream {
  try {
    const meta = JSON.parse(text) as Partial<BackedUpStream>;
    if (typeof meta.config?.name === 'string' && typeof meta.state?.last_seq === 'number')
      return meta as BackedUpStream;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return damaged(join(folder, META), 'does not say of which stream it is');
}

const SIGNATURE = Buffer.from([0xff, 6, 0, 0]);

/**
 * Whether a file of S2 ends where one of its frames does, as nobody has written down its checksum. What is within them
 * has checksums of its own, which the server looks at.
 */
async function checkFrames(path: string, bytes: number): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(4);
    let at = 0;
    for (; at < bytes; at += 4 + head.readUIntLE(1, 3)) {
      const { bytesRead } = await handle.read(head, 0, 4, at);
      if (bytesRead < 4) break;
      if (at === 0 && !head.equals(SIGNATURE)) damaged(path, 'does not begin as a snapshot does');
    }
    if (at !== bytes || bytes === 0) damaged(path, 'ends before its end');
  } finally {
    await handle.close();
  }
}
