import { keySequence, type Moderates, MODERATES_NOTHING } from '#domain';
import { Attempts } from '../src/commands/attempts.js';
import type { Caller } from '../src/commands/command.js';
import { Person } from '../src/feeds/person.js';
import { settle } from './chat-in-memory.js';

const newKey = keySequence(Buffer.alloc(8, 1));

/** Somebody who asks over a connection, which a test can end or keep from the log. */
export class CallerInMemory implements Caller {
  readonly person: Person;
  readonly attempts: Attempts;
  moderates: Moderates = MODERATES_NOTHING;
  isOpen = true;
  /** Why the log may not be asked, or null. */
  refusal: Error | null = null;

  constructor(userId: string, clanId: string | null = null) {
    this.person = new Person(userId);
    this.person.clanId = clanId;
    this.attempts = new Attempts(userId, newKey, () => this.admit());
  }

  admit(): Promise<void> {
    return this.refusal ? Promise.reject(this.refusal) : Promise.resolve();
  }
}

/** What came of something; neither is there before that is known. */
export interface Outcome {
  value?: unknown;
  error?: unknown;
}

export function outcomeOf(work: Promise<unknown>): Outcome {
  const outcome: Outcome = {};
  work.then(
    (value) => (outcome.value = value),
    (error: unknown) => (outcome.error = error),
  );
  return outcome;
}

export async function settled(outcome: Outcome): Promise<Outcome> {
  await settle();
  return outcome;
}
