import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationRefused } from '#domain';
import { dayOfFolder, type ExportedFile, type FileFormat, fileNamed, isPart, pathOf } from './file-name.js';
import { type Identity, identityIn, readMetadata } from './manifest.js';

/** The files of an export, in the order of the log. @throws OperationRefused where they do not follow each other */
export async function filesIn(dir: string): Promise<ExportedFile[]> {
  const files: ExportedFile[] = [];
  for (const folder of await readdir(dir).catch(() => noFolder(dir))) {
    const day = dayOfFolder(folder);
    if (day === null) continue;
    const names = await readdir(join(dir, folder));
    files.push(...names.map((name) => fileNamed(day, name)).filter((file) => file !== null));
  }
  const sorted = files.toSorted((a, b) => a.first - b.first || a.last - b.last);
  checkChain(sorted);
  return sorted;
}

function noFolder(dir: string): never {
  throw new OperationRefused(`there is no export in ${dir}`);
}

/** Takes away what a killed run has left. Only for who holds the folder. */
export async function tidy(dir: string): Promise<void> {
  for (const folder of (await readdir(dir)).filter((name) => dayOfFolder(name) !== null)) {
    for (const name of (await readdir(join(dir, folder))).filter(isPart)) await rm(join(dir, folder, name));
  }
}

/** @throws OperationRefused where a part of the log is missing between them, or in two of them */
function checkChain(files: readonly ExportedFile[]): void {
  for (const [i, file] of files.entries()) {
    const before = files[i - 1];
    if (!before || file.first === before.last + 1) continue;
    const both = `${pathOf(before)} and ${pathOf(file)}`;
    throw new OperationRefused(
      file.first > before.last
        ? `events ${before.last + 1} to ${file.first - 1} are missing between ${both}: put the file of them back, or take ` +
            `away ${pathOf(file)} and all after it, which are then written anew`
        : `events ${file.first} to ${Math.min(file.last, before.last)} are in ${both}: take one of them away`,
    );
  }
}

/** @throws OperationRefused where what is there is of something else than what is asked for */
export async function checkSame(
  dir: string,
  files: readonly ExportedFile[],
  format: FileFormat,
  wanted: Identity,
): Promise<void> {
  const newest = files.at(-1);
  if (!newest) return;
  const other = files.find((file) => file.format !== format);
  if (other) refuse(`${pathOf(other)} is there: its format is ${other.format}, not ${format}`);
  const there = identityIn(await readMetadata(dir, newest));
  if (there.log !== wanted.log) refuse(`what is there is of another log: of ${there.log}, not of ${wanted.log}`);
  if (there.selection !== wanted.selection) {
    refuse(`what is there is of another selection: ${there.selection}, not ${wanted.selection}`);
  }
  if (there.anonymized !== wanted.anonymized) {
    const how = (key: string) => (key === '' ? 'not anonymized' : `anonymized with the key ${key}`);
    refuse(`what is there is ${how(there.anonymized)}, and this would be ${how(wanted.anonymized)}`);
  }
}

function refuse(why: string): never {
  throw new OperationRefused(`${why}. Export into another folder`);
}
