import type { EventLog } from '#event-store';
import type { ExportedFile } from './file-name.js';
import { type Manifest, readManifest } from './manifest.js';

/** A file that would be another one if it were written now. */
export interface Outdated {
  readonly file: ExportedFile;
  /** Who was erased since, and of whom there are texts in it. */
  readonly erased: readonly string[];
  /** How many events of it could not be read then. */
  readonly unreadable: number;
  /** Null where nobody knows who is in it. */
  readonly manifest: Manifest | null;
}

/** The files of an export that are to be written anew. @throws LogUnavailable */
export async function outdatedIn(
  log: Pick<EventLog, 'erasures'>,
  dir: string,
  files: readonly ExportedFile[],
): Promise<Outdated[]> {
  await log.erasures.refresh();
  const outdated: Outdated[] = [];
  for (const file of files) {
    const manifest = await readManifest(dir, file);
    const since = new Set(manifest && log.erasures.behind(manifest.erasedTo));
    const erased = (manifest?.texts ?? []).filter((user) => since.has(user));
    const unreadable = manifest?.unreadable.length ?? 0;
    if (!manifest || erased.length > 0 || unreadable > 0) outdated.push({ file, erased, unreadable, manifest });
  }
  return outdated;
}

/** Why, in words. */
export function reasonOf({ erased, unreadable, manifest }: Outdated): string {
  const reasons = [
    ...(manifest ? [] : ['nothing says who is in it']),
    ...(erased.length > 0 ? [`texts of ${erased.length} who were erased`] : []),
    ...(unreadable > 0 ? [`${unreadable} events could not be read`] : []),
  ];
  return reasons.join(', ');
}
