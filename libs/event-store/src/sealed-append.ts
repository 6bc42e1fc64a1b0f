import type { DomainEvent } from '#domain';
import { type EventHeaders, eventHeaders, type SealedEvent } from './event-headers.js';
import type { Keyring } from './keys/keyring.js';
import type { AppendOptions } from './log-options.js';
import { ANSWER_LIMIT_MS, LogUnavailable, type Stored } from './outcomes.js';

/** What seals an event, and what stores it. */
export interface Sealing {
  readonly keyring: Pick<Keyring, 'seal' | 'isStillTheirs'>;
  readonly publish: (
    event: DomainEvent,
    sealed: SealedEvent,
    headers: EventHeaders,
    deadline?: number,
  ) => Promise<Stored | 'conflict'>;
}

/**
 * Stores an event, sealed with the key of its person: never with that of somebody erased, however late the one who seals it
 * hears of that, where several servers hold the log.
 * @param traceparent names the step that stores it, where that is traced
 * @throws LogUnavailable, OutcomeUnknown
 */
export async function appendSealed(
  parts: Sealing,
  event: DomainEvent,
  given: AppendOptions,
  traceparent?: string,
): Promise<Stored | 'conflict'> {
  const { expectedLast, deadline } = given;
  const sealing = parts.keyring.seal(event, deadline);
  const sealed = sealing instanceof Promise ? await sealing : sealing;
  const { keyId, guard } = sealed;
  const options = {
    ...(expectedLast !== undefined && { expectedLast }),
    ...(guard && { guard }),
    ...(traceparent && { traceparent }),
  };
  const outcome = await parts.publish(event, sealed, eventHeaders(event, sealed, options), deadline);
  if (outcome !== 'conflict' || expectedLast !== undefined || keyId === null) return outcome;
  return appendAgain(parts, event, keyId, given, traceparent);
}

/** What is guarded was refused: its person was erased, or something of theirs was just being stored. */
async function appendAgain(
  parts: Sealing,
  event: DomainEvent,
  keyId: string,
  { deadline = performance.now() + ANSWER_LIMIT_MS }: AppendOptions,
  traceparent?: string,
): Promise<Stored | 'conflict'> {
  if (await parts.keyring.isStillTheirs(keyId, deadline)) return appendSealed(parts, event, { deadline }, traceparent);
  throw new LogUnavailable(`the person whose key ${keyId} is was erased: who has their id now has another one`);
}
