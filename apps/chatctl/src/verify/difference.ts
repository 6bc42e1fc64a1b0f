import { isDeepStrictEqual } from 'node:util';
import type { Document } from '#read-models';

/**
 * - `missing`: the log makes this document, the read models lack it.
 * - `surplus`: the read models have it, the log makes none such.
 * - `outdated`: the read models lack its last change.
 * - `ahead`: it says that an event changed it which did not.
 * - `differs`: the same event changed it last, to something else.
 * - `checkpoint`: a partition is folded up to an event that the log does not have there.
 */
export type DifferenceKind = 'missing' | 'surplus' | 'outdated' | 'ahead' | 'differs' | 'checkpoint';

export interface Difference {
  readonly kind: DifferenceKind;
  /** The collection; `checkpoints` for a checkpoint. */
  readonly collection: string;
  readonly id: string;
  readonly detail: string;
}

/** What is wrong with a stored document whose last change the fold has reached; null for nothing. */
export function differenceOf(collection: string, stored: Document, folded: Document | null): Difference | null {
  const { _id: id, seq } = stored;
  if (!folded) {
    return { kind: 'surplus', collection, id, detail: `it says it was made by event ${seq}; the log makes none` };
  }
  if (seq < folded.seq) {
    return { kind: 'outdated', collection, id, detail: `it is as of event ${seq}; event ${folded.seq} changed it` };
  }
  if (seq > folded.seq) {
    const detail = `it says it is as of event ${seq}; the last that changed it is ${folded.seq}`;
    return { kind: 'ahead', collection, id, detail };
  }
  if (isDeepStrictEqual(stored, folded)) return null;
  return { kind: 'differs', collection, id, detail: fieldsThatDiffer(stored, folded).join('; ') };
}

function fieldsThatDiffer(stored: Document, folded: Document): string[] {
  const has = new Map<string, unknown>(Object.entries(stored));
  const should = new Map<string, unknown>(Object.entries(folded));
  const fields = [...new Set([...has.keys(), ...should.keys()])];
  return fields
    .filter((field) => !isDeepStrictEqual(has.get(field), should.get(field)))
    .map((field) => `${field} is ${shown(has.get(field))}, should be ${shown(should.get(field))}`);
}

const LONGEST = 100;

function shown(value: unknown): string {
  const text = value === undefined ? 'not there' : JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
