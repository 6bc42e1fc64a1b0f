import type { Person as Speaker, SanctionsState } from '#domain';

const NOTHING: SanctionsState = [];

/** A connected person as the log knows them at this moment; shared by all their connections to this gateway. */
export class Person {
  /** Null where they are in no clan. */
  clanId: string | null = null;
  /** Null where the log knows none: then their id is shown. */
  name: string | null = null;
  /** JSON text of an object, or null. */
  avatar: string | null = null;
  /** What is held against them in rooms. */
  sanctions: SanctionsState = NOTHING;

  constructor(readonly userId: string) {}

  /** As an event names them. */
  get speaker(): Speaker {
    return { id: this.userId, name: this.name ?? this.userId, avatar: this.avatar };
  }
}
