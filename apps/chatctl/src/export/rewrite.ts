import { join } from 'node:path';
import { OperationRefused, RetryableError } from '#domain';
import { readSelected } from '#event-store';
import { Unreachable } from '../servers.js';
import { EventFile } from './event-file.js';
import { type ExportedFile, pathOf } from './file-name.js';
import { identityOf, type Job, Lines } from './job.js';
import { type Outdated, outdatedIn, reasonOf } from './outdated.js';

/** Says which files would be others if they were written now. @returns the exit status: 1 where there are some */
export async function check({ log, dir, surroundings: { out } }: Job, files: readonly ExportedFile[]): Promise<number> {
  const outdated = await outdatedIn(log, dir, files);
  for (const each of outdated) out.write(`${join(dir, pathOf(each.file))}  ${reasonOf(each)}\n`);
  out.write(`${outdated.length} of ${files.length} files are to be written anew\n`);
  return outdated.length > 0 ? 1 : 0;
}

/** Writes those files anew, each in one step. What is done is done, whenever it ends. @returns the exit status */
export async function rewrite(job: Job, files: readonly ExportedFile[], interruption: AbortSignal): Promise<number> {
  const { log, dir, surroundings } = job;
  const outdated = await outdatedIn(log, dir, files);
  const lines = new Lines(job);
  let done = 0;
  for (const each of outdated) {
    if (interruption.aborted) break;
    await rewriteOne(job, each, lines);
    done++;
    surroundings.out.write(`${join(dir, pathOf(each.file))}  written anew: ${reasonOf(each)}\n`);
  }
  surroundings.out.write(`${done} of ${files.length} files are written anew\n`);
  const status = lines.sayInTheEnd();
  return done < outdated.length ? 130 : status;
}

async function rewriteOne(job: Job, { file, manifest, erased }: Outdated, lines: Lines): Promise<void> {
  const { log, dir, selection } = job;
  const { day, first, last, format } = file;
  const erasedTo = await log.lastSeq({ kind: 'erase' });
  const written = await EventFile.begin({ dir, format, identity: await identityOf(job), day, first, erasedTo });
  try {
    for await (const { selected } of readSelected(log, { ...selection, from: { seq: first }, until: { seq: last } })) {
      for (const each of selected) {
        if (each.event !== null) written.add(lines.of(each));
        else {
          lines.refuse(each);
          written.addUnreadable(each.record.seq);
        }
      }
      await written.drain();
    }
    const lost = (manifest?.texts ?? []).filter((user) => !erased.includes(user) && !written.texts.has(user));
    if (lost.length > 0) {
      throw new OperationRefused(
        `${pathOf(file)} has texts of ${lost.length} people for which there is no key here, and would lose them: set ` +
          'KEYS_MASTER as it was when it was written',
      );
    }
    await written.finish(last, true);
  } catch (error) {
    await written.drop();
    if (error instanceof RetryableError)
      throw new Unreachable(`${error.message}: the same again does the rest`, { cause: error });
    throw error;
  }
}
