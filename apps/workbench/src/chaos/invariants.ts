import { type RecordedEvent, type Room, roomIds, roomKind } from '#domain';
import type { Command, Evidence, History, Place, StoredMessage } from './evidence.js';

/** Whether it held: of nothing that was looked at, nothing is known. */
export const holds = ({ count, violations }: Finding): boolean => count > 0 && violations.length === 0;

/** What must hold, whatever was killed and cut: how often it was looked at, and where it did not. */
export interface Finding {
  readonly name: string;
  readonly what: string;
  readonly count: number;
  readonly violations: readonly string[];
}

const allCommands = ({ histories }: Evidence): Command[] => histories.flatMap(({ commands }) => commands);

const finding = (name: string, what: string, count: number, violations: readonly string[]): Finding => ({
  name,
  what,
  count,
  violations,
});

/** I1: what was acknowledged is in the log, and, of messages, in the read model. */
export function nothingAckedIsLost(evidence: Evidence): Finding {
  const acked = allCommands(evidence).filter(({ ackedAs }) => ackedAs !== null);
  const { said, seen } = tracesOf(evidence.events);
  const shown = new Set([...evidence.rooms].flatMap(([room, messages]) => messages.map(({ id }) => `${room} ${id}`)));
  const isThere = ({ kind, room, userId, ackedAs, knownN }: Command): boolean => {
    switch (kind) {
      case 'message':
        return said.has(`message ${room} ${ackedAs}`) && shown.has(`${room} ${ackedAs}`);
      case 'reaction':
        return said.has(`reaction ${userId} ${ackedAs}`);
      case 'seen':
        // What was seen already is not marked again.
        return (seen.get(`${userId} ${room}`) ?? 0) >= knownN;
    }
  };
  const lost = acked.filter((command) => !isThere(command));
  return finding('I1', 'acknowledged commands are there', acked.length, lost.map(nameOf));
}

function tracesOf(events: readonly RecordedEvent[]) {
  const said = new Set<string>();
  const seen = new Map<string, number>();
  for (const event of events) {
    switch (event.type) {
      case 'MessageCreated':
        said.add(`message ${event.room} ${event.messageId}`);
        break;
      case 'ReactionAdded':
      case 'ReactionRemoved':
        said.add(`reaction ${event.userId} ${event.messageId}`);
        break;
      case 'MessagesSeen': {
        const key = `${event.userId} ${event.room}`;
        seen.set(key, Math.max(seen.get(key) ?? 0, event.n));
        break;
      }
      case 'MessageEdited':
      case 'MessageDeleted':
      case 'ChatCreated':
      case 'MemberJoined':
      case 'MemberLeft':
      case 'ProfileChanged':
      case 'PersonMuted':
      case 'PersonUnmuted':
      case 'PersonBanned':
      case 'PersonUnbanned':
      case 'SlowModeChanged':
      case 'PersonBlocked':
      case 'PersonUnblocked':
      case 'UserErased':
    }
  }
  return { said, seen };
}

const nameOf = ({ userId, kind, commandId, room }: Command): string => `${kind} ${commandId} of ${userId} in ${room}`;

/** I2: a command makes one message, however often it was sent, and every client is told of it once. */
export function oncePerCommand(evidence: Evidence): Finding {
  const violations: string[] = [];
  const commands = new Map(
    allCommands(evidence).flatMap((each) => (each.content ? [[each.content, each] as const] : [])),
  );
  let count = 0;
  for (const [room, messages] of evidence.rooms) {
    const byContent = new Map<string, number>();
    for (const { content, n } of messages) {
      count++;
      if (byContent.has(content))
        violations.push(`${content} is message ${byContent.get(content)} and ${n} of ${room}`);
      byContent.set(content, n);
      if (!commands.has(content)) violations.push(`nobody said ${content}, message ${n} of ${room}`);
    }
  }
  for (const { client, told } of evidence.histories) {
    const seen = new Set<string>();
    for (const each of told) {
      if (each.what === 'reset') {
        for (const key of seen) if (key.startsWith(`${each.room} `)) seen.delete(key);
        for (const { id } of each.messages) seen.add(`${each.room} ${id}`);
      } else {
        count++;
        const key = `${each.room} ${each.id}`;
        if (seen.has(key)) violations.push(`${client} was told twice of message ${each.n} of ${each.room}`);
        seen.add(key);
      }
    }
  }
  return finding('I2', 'messages are there, and told, once', count, violations);
}

/** I3: the order of the log is the one that is stored, and everybody is told in it, without holes, up to the last. */
export function oneOrder(evidence: Evidence): Finding {
  const violations: string[] = [];
  let count = 0;
  for (const [room, stored] of evidence.rooms) {
    const logged = new Set(
      evidence.events.flatMap((event) =>
        event.room === room && event.type === 'MessageCreated' ? [event.messageId] : [],
      ),
    );
    if ([...logged].join() !== stored.map(({ id }) => id).join())
      violations.push(`${room} is in another order than in the log`);
  }
  for (const history of evidence.histories) {
    for (const [room, runs] of runsOf(history)) {
      const stored = evidence.rooms.get(room) ?? [];
      for (const run of runs) {
        count += run.length;
        violations.push(...faultsIn(run, stored).map((fault) => `${history.client} in ${room}: ${fault}`));
      }
      const last = runs.at(-1)?.at(-1)?.n ?? 0;
      if (last !== stored.length)
        violations.push(`${history.client} in ${room}: told up to ${last} of ${stored.length}`);
    }
  }
  return finding('I3', 'messages were told in the order that is stored', count, violations);
}

/** What a client was told of each room, from one reset to the next. */
function runsOf({ told }: History): Map<Room, Place[][]> {
  const rooms = new Map<Room, Place[][]>();
  for (const each of told) {
    const runs = rooms.get(each.room) ?? [];
    rooms.set(each.room, runs);
    if (each.what === 'reset') runs.push([...each.messages]);
    else if (runs.length === 0) runs.push([{ n: each.n, id: each.id }]);
    else runs.at(-1)!.push({ n: each.n, id: each.id });
  }
  return rooms;
}

function faultsIn(run: readonly Place[], stored: readonly StoredMessage[]): string[] {
  const faults: string[] = [];
  for (const [i, { n, id }] of run.entries()) {
    const before = run[i - 1];
    if (before && n !== before.n + 1) faults.push(`message ${n} came after ${before.n}`);
    if (stored[n - 1]?.id !== id)
      faults.push(`message ${n} is ${id}, and ${stored[n - 1]?.id ?? 'none'} in the read model`);
  }
  return faults;
}

/** I5: what is unread of a chat is what its log says, for both of its people. */
export function unreadCounts(evidence: Evidence): Finding {
  const violations: string[] = [];
  const listed = new Map(evidence.chats.map(({ room, userId, unread }) => [`${userId} ${room}`, unread]));
  let count = 0;
  for (const room of evidence.rooms.keys()) {
    if (roomKind(room) !== 'direct') continue;
    for (const userId of roomIds(room)) {
      count++;
      const unread = listed.get(`${userId} ${room}`);
      const counted = unreadBy(userId, room, evidence.events);
      if (counted !== unread)
        violations.push(`${userId} has ${unread ?? 'no list of what is'} unread in ${room}, and ${counted} by the log`);
    }
  }
  return finding('I5', 'unread counts are those of the log', count, violations);
}

function unreadBy(userId: string, room: Room, events: readonly RecordedEvent[]): number {
  let n = 0;
  let seenN = 0;
  const theirs: number[] = [];
  const known = new Set<string>();
  for (const event of events) {
    if (event.room !== room) continue;
    if (event.type === 'MessageCreated' && !known.has(event.messageId)) {
      known.add(event.messageId);
      n++;
      if (event.sender.id !== userId) theirs.push(n);
    }
    if (event.type === 'MessagesSeen' && event.userId === userId) seenN = Math.max(seenN, Math.min(event.n, n));
  }
  return theirs.filter((each) => each > seenN).length;
}

/** I6: whoever was away was told what they missed: the application had to begin anew only where it began. */
export function nothingBegunAnew(evidence: Evidence): Finding {
  const violations: string[] = [];
  let count = 0;
  for (const { client, told } of evidence.histories) {
    const resets = new Map<Room, number>();
    for (const { what, room } of told) if (what === 'reset') resets.set(room, (resets.get(room) ?? 0) + 1);
    for (const [room, times] of resets) {
      count++;
      if (times > 1) violations.push(`${client} began ${room} anew ${times - 1} times, although little was missed`);
    }
  }
  return finding('I6', 'rooms were followed without beginning anew', count, violations);
}

/** I10: every command has an end, and the same command again is answered by the same message. */
export function everythingEnds(evidence: Evidence): Finding {
  const commands = allCommands(evidence);
  const violations = commands.flatMap((command) => {
    if (command.refused !== null) return [`${nameOf(command)} was refused: ${command.refused}`];
    return command.ackedAs === null ? [`${nameOf(command)} has no end`] : [];
  });
  for (const { command, ackedAs } of evidence.repeated) {
    if (ackedAs !== command.ackedAs) violations.push(`${nameOf(command)} was ${command.ackedAs}, then ${ackedAs}`);
  }
  const what = `commands ended, ${evidence.repeated.length} of them given once more`;
  return finding('I10', what, commands.length, violations);
}

export const invariants: readonly ((evidence: Evidence) => Finding)[] = [
  nothingAckedIsLost,
  oncePerCommand,
  oneOrder,
  unreadCounts,
  nothingBegunAnew,
  everythingEnds,
];
