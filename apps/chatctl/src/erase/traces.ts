import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { encodeApart } from '#domain';
import { type EventLog, type LogRecord, readableEvent } from '#event-store';
import { collectionsOf, projections } from '#projections';
import { type ReadModels, versionName } from '#read-models';
import { pagesOf } from '../verify/verification.js';

// Whether what somebody wrote and was called is still anywhere.

/** Shorter texts are found by chance. In characters. */
const SHORTEST = 8;

/** A place where a text of theirs was found. */
export interface Trace {
  readonly place: string;
  readonly text: string;
}

/**
 * The texts of a person that the log holds and nobody else has written as well, those of {@link SHORTEST} characters and
 * more.
 * @param onProgress is told now and then how many sequences are left
 */
export async function textsOf(log: EventLog, userId: string, onProgress: (left: number) => void): Promise<string[]> {
  const { lastSeq } = await log.state();
  const [theirs, others] = [new Set<string>(), new Set<string>()];
  let seen = 0;
  for await (const record of log.read()) {
    const apart = textsIn(record);
    if (apart) {
      const of = apart.userId === userId ? theirs : others;
      for (const text of apart.texts) of.add(text);
    }
    if (++seen % 1_000 === 0) onProgress(lastSeq - record.seq);
  }
  onProgress(0);
  return [...theirs].filter((text) => text.length >= SHORTEST && !others.has(text));
}

function textsIn(record: LogRecord): { readonly userId: string; readonly texts: readonly string[] } | null {
  const event = readableEvent(record);
  const apart = event && !event.erased ? encodeApart(event) : null;
  if (!apart) return null;
  const texts = Object.values(JSON.parse(apart.texts) as Record<string, string | null>);
  return { userId: apart.userId, texts: texts.filter((text) => text !== null) };
}

/** In the documents of all versions that are kept. */
export async function inReadModels(readModels: ReadModels, texts: readonly string[]): Promise<Trace[]> {
  const traces: Trace[] = [];
  const quoted = texts.map((text) => JSON.stringify(text).slice(1, -1));
  for (const projection of Object.values(projections)) {
    const versions = await readModels.versions.read(projection.name);
    if (!versions) continue;
    const all = [versions.serving, ...(versions.building ? [versions.building] : []), ...versions.old];
    for (const { number } of all) {
      const store = readModels.projection(projection.name, number);
      for (const { name } of collectionsOf(projection)) {
        for await (const page of pagesOf(store, name)) {
          for (const document of page) {
            const json = JSON.stringify(document);
            const at = quoted.findIndex((text) => json.includes(text));
            const place = `${versionName(projection.name, number)} ${name} ${document._id}`;
            if (at >= 0) traces.push({ place, text: texts[at]! });
          }
        }
      }
    }
  }
  return traces;
}

/** In the files below a folder, byte by byte. */
export async function inFiles(folder: string, texts: readonly string[]): Promise<Trace[]> {
  const traces: Trace[] = [];
  const wanted = texts.flatMap((text) =>
    [...new Set([text, JSON.stringify(text).slice(1, -1)])].map((form) => ({ text, bytes: Buffer.from(form) })),
  );
  const longest = Math.max(0, ...wanted.map(({ bytes }) => bytes.length));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    const file = join(entry.parentPath, entry.name);
    let tail = Buffer.alloc(0);
    const found = new Set<string>();
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([tail, chunk]);
      for (const { text, bytes: form } of wanted) if (bytes.includes(form)) found.add(text);
      tail = bytes.subarray(Math.max(0, bytes.length - longest + 1));
    }
    traces.push(...[...found].map((text) => ({ place: file, text })));
  }
  return traces;
}
