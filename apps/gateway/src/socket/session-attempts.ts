import { Attempts } from '../commands/attempts.js';
import type { Caller } from '../commands/command.js';
import type { FrameInHand } from './frame-in-hand.js';
import type { SharedParts } from './session-parts.js';

/** The commands of a connection: each is admitted when its frame is in hand, and is one of those its person may give. */
export function attemptsOf(
  session: Pick<Caller, 'person' | 'admit'>,
  hand: FrameInHand,
  { allowance, barrier, newKey }: Pick<SharedParts, 'allowance' | 'barrier' | 'newKey'>,
): Attempts {
  const { userId } = session.person;
  const spend = (): void => {
    allowance.spend(userId);
  };
  const admit = (): Promise<void> | null => {
    if (hand.isHeldUp || !barrier.isOpen) {
      const since = performance.now();
      return session.admit().then(() => barrier.assure(userId, since).then(spend));
    }
    spend();
    return null;
  };
  return new Attempts(userId, newKey, admit, () => hand.timed());
}
