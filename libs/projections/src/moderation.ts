import {
  type Decision,
  type Refused,
  type Room,
  type SanctionEvent,
  sanctionsOf,
  type SanctionsState,
  type SlowModeChanged,
  slowModeOf,
  type SlowModeState,
  userRoom,
} from '#domain';
import { type AskedLog, OutcomeUnknown } from '#event-store';
import { encodeUpdate } from './live-update.js';

/** The signal of how often people may speak in a room, from now on: a {@link SlowModeTold}. */
export const SLOW_MODE_TOPIC = 'slow-mode';

/** With the sequence of its event. */
export interface SlowModeTold {
  readonly room: Room;
  readonly seq: number;
  readonly seconds: SlowModeState;
}

interface Within {
  /** When it is given up, on the monotonic clock: 4.5 s from now by default. */
  readonly deadline?: number;
}

/**
 * Carries out what moderators and the surrounding application decide: it is in the log, and every gateway was told at
 * once, without waiting for a projector. What is so already is told again, since whoever made it so may not have come to
 * telling it.
 */
export class Moderation {
  constructor(private readonly log: Pick<AskedLog, 'decide' | 'live'>) {}

  /** @throws LogUnavailable, OutcomeUnknown, UnreadableEvent */
  async ofPerson(
    userId: string,
    decide: (state: SanctionsState) => Decision<SanctionEvent>,
    within: Within = {},
  ): Promise<Refused | null> {
    const decision = await this.log.decide(userRoom(userId), 'sanction', (last) => decide(sanctionsOf(last)), within);
    if ('refusal' in decision) return decision;
    const last = decision.event ?? decision.last;
    if (!last) return null;
    const sanctions = { seq: last.seq, held: sanctionsOf(last) };
    const update = encodeUpdate({ type: 'person', userId, member: null, profile: null, sanctions });
    this.log.live.publishToUser(userId, update);
    await this.flush();
    return null;
  }

  /** @throws LogUnavailable, OutcomeUnknown, UnreadableEvent */
  async ofRoom(
    room: Room,
    decide: (state: SlowModeState) => Decision<SlowModeChanged>,
    within: Within = {},
  ): Promise<Refused | null> {
    const decision = await this.log.decide(room, 'mode', (last) => decide(slowModeOf(last)), within);
    if ('refusal' in decision) return decision;
    const last = decision.event ?? decision.last;
    if (!last) return null;
    const told: SlowModeTold = { room, seq: last.seq, seconds: slowModeOf(last) };
    this.log.live.signal(SLOW_MODE_TOPIC, JSON.stringify(told));
    await this.flush();
    return null;
  }

  private flush(): Promise<void> {
    return this.log.live.flush().catch((cause: unknown) => {
      throw new OutcomeUnknown('it is stored; who is connected may not have heard of it', { cause });
    });
  }
}
