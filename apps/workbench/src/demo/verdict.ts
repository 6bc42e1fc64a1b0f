import type { ToldMessage } from '../apart/history.js';
import type { SeenRoom } from './chatter.js';

/** One room as everybody has it. */
export interface Testimony {
  readonly room: string;
  readonly seen: readonly { readonly userId: string; readonly room: SeenRoom }[];
  /** Over HTTP, oldest first. */
  readonly history: readonly ToldMessage[];
  /** As the log folds, oldest first. */
  readonly folded: readonly ToldMessage[];
}

/** What a message is compared by. Reactions are compared where nobody can have missed one. */
const shape = (message: ToldMessage, reactions: boolean): string =>
  JSON.stringify([
    message.n,
    message.id,
    message.senderId,
    message.content,
    ...(reactions ? message.reactions.map(({ playerName, emoji }) => [playerName, emoji]) : []),
  ]);

/**
 * The faults of a room: what the history and the fold of the log do not agree on, and what somebody saw otherwise.
 * @param complete whether everybody was connected all the time, and so must have seen everything
 */
export function faultsOf({ room, seen, history, folded }: Testimony, complete: boolean): string[] {
  const faults = differences(`${room}: the history and the log`, history, folded, true);
  const byId = new Map(history.map((message) => [message.id, message]));
  if (byId.size !== history.length) faults.push(`${room}: the history has a message twice`);
  for (const { userId, room: own } of seen) {
    const who = `${room}: user ${userId}`;
    if (complete) {
      faults.push(...differences(`${who} and the history`, own.order, history, false));
      const latest = own.order.map(({ id }) => own.latest.get(id)!);
      faults.push(...differences(`${who}, reactions,`, latest, history, true));
      continue;
    }
    let before = 0;
    for (const message of own.order) {
      const stored = byId.get(message.id);
      if (!stored) faults.push(`${who} saw message ${message.id}, which the history does not have`);
      else if (shape(stored, false) !== shape(message, false))
        faults.push(`${who} saw message ${message.id} otherwise`);
      if (message.n <= before) faults.push(`${who} saw message ${message.n} after message ${before}`);
      before = message.n;
    }
  }
  return faults;
}

function differences(
  what: string,
  one: readonly ToldMessage[],
  other: readonly ToldMessage[],
  reactions: boolean,
): string[] {
  if (one.length !== other.length) return [`${what} differ: ${one.length} and ${other.length} messages`];
  const at = one.findIndex((message, i) => shape(message, reactions) !== shape(other[i]!, reactions));
  if (at < 0) return [];
  return [`${what} differ at message ${at + 1}: ${shape(one[at]!, reactions)} and ${shape(other[at]!, reactions)}`];
}
