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
    return (JSON.parse(localStorage.getItem(KEY) ?? 'null') as readonly Person[] | null) ?? BEGINNERS;
  } catch {
    return BEGINNERS;
  }
}

export function keepPeople(people: readonly Person[]): void {
  localStorage.setItem(KEY, JSON.stringify(people));
}
