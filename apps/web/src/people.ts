/** Somebody who chats here. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** null: in none. */
  readonly clan: string | null;
}

/** Those with whom one begins. */
export const BEGINNERS: readonly Person[] = [
  { id: '7', name: 'Ada', clan: '3' },
  { id: '8', name: 'Bob', clan: '3' },
  { id: '9', name: 'Cleo', clan: '4' },
];

const KEY = 'parley-people';

/** All who were made in this browser. */
export function knownPeople(): readonly Person[] {
  try {
    const known = JSON.parse(localStorage.getItem(KEY) ?? '[]') as readonly Person[];
    return known.length > 1 ? known : BEGINNERS;
  } catch {
    return BEGINNERS;
  }
}

export function keepPeople(people: readonly Person[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(people));
  } catch {
    // A browser that keeps nothing: they are there until the page is loaded anew.
  }
}
