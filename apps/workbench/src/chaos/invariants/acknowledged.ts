import { commandKey, PARTITIONS, partitionOf, roomKind, userRoom } from '#domain';
import type { Command, Evidence, LoggedEvent, Order } from '../evidence.js';
import { allCommands, type Finding, finding, nameOf } from './finding.js';

const nameOfOrder = ({ kind, userId, room }: Order): string =>
  `${kind} of ${userId}${room === null ? '' : ` in ${room}`}`;

/** I1: what was acknowledged is in the log, and, of messages, in the read model. */
export function nothingAckedIsLost(evidence: Evidence): Finding {
  const commands = allCommands(evidence).filter(({ ackedAs }) => ackedAs !== null);
  const orders = evidence.orders.filter(({ isAcked }) => isAcked);
  const traces = new Traces(evidence.events);
  const shown = new Set([...evidence.rooms].flatMap(([room, messages]) => messages.map(({ id }) => `${room} ${id}`)));
  const lost = commands.filter(
    (command) =>
      !traces.has(command) || (command.kind === 'message' && !shown.has(`${command.room} ${command.ackedAs}`)),
  );
  const lostOrders = orders.filter((order) => !traces.hasOrder(order));
  return finding('I1', 'acknowledged commands and orders are there', commands.length + orders.length, [
    ...lost.map(nameOf),
    ...lostOrders.map(nameOfOrder),
  ]);
}

/** What the log has of each thing that was done. */
class Traces {
  /** Ids of events, with their rooms. */
  readonly #ids = new Set<string>();
  readonly #reactions = new Set<string>();
  readonly #seen = new Map<string, number>();
  readonly #mutes = new Set<string>();
  readonly #unmutes: { readonly key: string; readonly at: number }[] = [];
  /** When somebody was erased, and in how many partitions behind that. */
  readonly #erasures: { readonly userId: string; readonly at: number; readonly partitions: Set<number> }[] = [];

  constructor(events: readonly LoggedEvent[]) {
    for (const event of events) this.#take(event);
  }

  has({ kind, userId, room, commandId, ackedAs, target, knownN }: Command): boolean {
    const key = commandKey(userId, room, commandId);
    switch (kind) {
      case 'message':
        return ackedAs === key && this.#ids.has(`${room} msg.${key}`);
      case 'reaction':
        return this.#reactions.has(`${userId} ${target}`);
      case 'seen':
        // What was seen already is not marked again.
        return (this.#seen.get(`${userId} ${room}`) ?? 0) >= knownN;
      case 'edit':
      case 'block':
      case 'unblock':
        return this.#ids.has(`${room} ${kind}.${key}`);
      case 'delete':
        return this.#ids.has(`${room} delete.${key}`);
    }
  }

  hasOrder({ kind, userId, room, until, givenAt, endedAt }: Order): boolean {
    switch (kind) {
      case 'mute':
        return this.#mutes.has(`${userId} ${room} ${until}`);
      case 'unmute':
        // A mute that was over is not lifted.
        return (
          endedAt! >= until! ||
          this.#unmutes.some(({ key, at }) => key === `${userId} ${room}` && at >= givenAt && at <= endedAt!)
        );
      case 'erase':
        return this.#erasures.some(
          (erasure) =>
            erasure.userId === userId &&
            erasure.at >= givenAt &&
            erasure.at <= endedAt! &&
            erasure.partitions.size === PARTITIONS,
        );
    }
  }

  #take(event: LoggedEvent): void {
    this.#ids.add(`${event.room} ${event.id}`);
    switch (event.type) {
      case 'ReactionAdded':
      case 'ReactionRemoved':
        this.#reactions.add(`${event.userId} ${event.messageId}`);
        return;
      case 'MessagesSeen': {
        const key = `${event.userId} ${event.room}`;
        this.#seen.set(key, Math.max(this.#seen.get(key) ?? 0, event.n));
        return;
      }
      case 'PersonMuted':
        this.#mutes.add(`${event.userId} ${event.inRoom} ${Date.parse(event.until)}`);
        return;
      case 'PersonUnmuted':
        this.#unmutes.push({ key: `${event.userId} ${event.inRoom}`, at: Date.parse(event.at) });
        return;
      case 'UserErased':
        if (event.room === userRoom(event.userId)) {
          this.#erasures.push({ userId: event.userId, at: Date.parse(event.at), partitions: new Set() });
        } else if (roomKind(event.room) === 'partition') {
          const begun = this.#erasures.findLast(({ userId }) => userId === event.userId);
          begun?.partitions.add(partitionOf(event.room));
        }
        return;
      case 'MessageCreated':
      case 'MessageEdited':
      case 'MessageDeleted':
      case 'ChatCreated':
      case 'MemberJoined':
      case 'MemberLeft':
      case 'ProfileChanged':
      case 'PersonBanned':
      case 'PersonUnbanned':
      case 'SlowModeChanged':
      case 'PersonBlocked':
      case 'PersonUnblocked':
    }
  }
}

/**
 * I10: everything that was asked for has an end, and the same command again is answered by the same message. What is
 * refused is so for a reason that the log has, and a message is not there then; whether somebody was muted is looked at by
 * itself.
 */
export function everythingEnds(evidence: Evidence): Finding {
  const deleted = new Set(
    evidence.events.flatMap((event) => (event.type === 'MessageDeleted' ? [event.messageId] : [])),
  );
  const isDue = ({ refused, target }: Command): boolean =>
    refused === 'muted' || (refused === 'deleted' && target !== null && deleted.has(target));
  const said = new Set(evidence.events.flatMap((event) => (event.type === 'MessageCreated' ? [event.messageId] : [])));
  const commands = allCommands(evidence);
  const violations = commands.flatMap((command) => {
    const { kind, userId, room, commandId, refused } = command;
    if (refused !== null) {
      const isSaid = kind === 'message' && said.has(commandKey(userId, room, commandId));
      const why = isSaid ? `${refused}, and is in the log` : isDue(command) ? null : refused;
      return why === null ? [] : [`${nameOf(command)} was refused: ${why}`];
    }
    return command.ackedAs === null ? [`${nameOf(command)} has no end`] : [];
  });
  for (const order of evidence.orders) {
    const { isAcked, refused, endedAt, until } = order;
    // A mute that nobody answered in time cannot be asked for any more.
    const isLate = refused === '400' && until !== null && endedAt! >= until;
    if (!isAcked && !isLate)
      violations.push(`${nameOfOrder(order)} ${refused === null ? 'has no end' : `was refused: ${refused}`}`);
  }
  for (const { command, ackedAs } of evidence.repeated) {
    if (ackedAs !== command.ackedAs) violations.push(`${nameOf(command)} was ${command.ackedAs}, then ${ackedAs}`);
  }
  const what = `commands and orders ended, ${evidence.repeated.length} commands given once more`;
  return finding('I10', what, commands.length + evidence.orders.length, violations);
}
