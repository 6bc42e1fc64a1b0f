// What an event holds of a person that can be taken out of it: texts, names and pictures. Ids, times and numbers stay.

/** What whoever was erased is called. */
export const ERASED_NAME = 'erased user';

/** Which fields of an event are somebody's, and whose. */
export interface PersonalTexts {
  /** Where the id of that person is. */
  readonly of: Place;
  readonly texts: readonly PersonalText[];
}

/** A field: of the event itself, or of an object in it. */
interface Place {
  readonly outer: string;
  readonly inner: string | null;
}

interface PersonalText extends Place {
  readonly path: string;
  /** What it is once that person is erased; undefined where it is left out then. */
  readonly erased: string | null | undefined;
}

/**
 * @param of the path of the person's id: `userId`, `sender.id`
 * @param texts the paths of the texts, of one or two names, each with what it is once that person is erased
 */
export const personalTexts = (
  of: string,
  texts: Readonly<Record<string, string | null | undefined>>,
): PersonalTexts => ({
  of: placeOf(of),
  texts: Object.entries(texts).map(([path, erased]) => ({ ...placeOf(path), path, erased })),
});

function placeOf(path: string): Place {
  const [outer = '', inner = null] = path.split('.');
  return { outer, inner };
}

/** What is taken out of an event: the texts by their paths, those that it has. */
export type Texts = Readonly<Record<string, string | null>>;

type Fields = Record<string, unknown>;

/**
 * Takes the texts out of an event: `fields` is changed, an object in it is replaced. What is taken is undefined there, as
 * what JSON leaves out: deleting it would make the object, and writing it, several times as slow.
 */
export function takeTexts({ texts }: PersonalTexts, fields: Fields): Texts {
  const taken: Record<string, string | null> = {};
  for (const { path, outer, inner } of texts) {
    const holder = inner === null ? fields : (fields[outer] as Fields);
    const text = holder[inner ?? outer];
    if (text === undefined) continue;
    taken[path] = text as string | null;
    fields[outer] = inner === null ? undefined : { ...holder, [inner]: undefined };
  }
  return taken;
}

/** Puts texts back to where {@link takeTexts} took them from; `fields` is changed. */
export function putTexts({ texts }: PersonalTexts, fields: Fields, given: Texts): void {
  for (const text of texts) {
    const value = given[text.path];
    if (value !== undefined) put(fields, text, value);
  }
}

/** Puts in the place of each text what it is once its person is erased; `fields` is changed. */
export function eraseTexts({ texts }: PersonalTexts, fields: Fields): void {
  for (const text of texts) put(fields, text, text.erased);
}

/** Whose texts these are; null where the fields do not say. */
export function personOf({ of: { outer, inner } }: PersonalTexts, fields: Readonly<Fields>): string | null {
  const id = inner === null ? fields[outer] : (fields[outer] as Fields | undefined)?.[inner];
  return typeof id === 'string' ? id : null;
}

function put(fields: Fields, { outer, inner }: Place, text: string | null | undefined): void {
  const holder = inner === null ? fields : fields[outer];
  if (typeof holder !== 'object' || holder === null) return;
  if (text === undefined) Reflect.deleteProperty(holder, inner ?? outer);
  else Reflect.set(holder, inner ?? outer, text);
}
