import { type Room } from '#domain';
import type { Evidence, History, Place } from '../evidence.js';
import { allCommands, type Finding, finding } from './finding.js';

/** I2: a command makes one message, however often it was sent, and every client is told of it once. */
export function oncePerCommand(evidence: Evidence): Finding {
  const violations: string[] = [];
  const contents = new Set(allCommands(evidence).flatMap(({ content }) => (content === null ? [] : [content])));
  let count = 0;
  for (const [room, messages] of evidence.rooms) {
    const byText = new Map<string, number>();
    for (const { text, n } of messages) {
      // Of what was deleted or erased there is no text.
      if (text === '') continue;
      count++;
      if (byText.has(text)) violations.push(`${text} is message ${byText.get(text)} and ${n} of ${room}`);
      byText.set(text, n);
      if (!contents.has(text)) violations.push(`nobody said ${text}, message ${n} of ${room}`);
    }
  }
  for (const { client, told } of evidence.histories) {
    const seen = new Set<string>();
    for (const each of told) {
      if (each.what === 'reset') {
        for (const key of seen) if (key.startsWith(`${each.room} `)) seen.delete(key);
        for (const { id } of each.messages) seen.add(`${each.room} ${id}`);
        continue;
      }
      const { n, id } = each.message;
      const key = `${each.room} ${id}`;
      if (each.what === 'message') {
        count++;
        if (seen.has(key)) violations.push(`${client} was told twice of message ${n} of ${each.room}`);
      }
      seen.add(key);
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

/**
 * What a client was told of each room, from one reset to the next. A change of what was not told before takes its place: a
 * message that is hidden from them, or was deleted before they heard of it.
 */
function runsOf({ told }: History): Map<Room, Place[][]> {
  const rooms = new Map<Room, Place[][]>();
  for (const each of told) {
    const runs = rooms.get(each.room) ?? [];
    rooms.set(each.room, runs);
    if (each.what === 'reset') {
      runs.push([...each.messages]);
      continue;
    }
    const run = runs.at(-1) ?? [];
    if (runs.length === 0) runs.push(run);
    const isNew = each.what === 'message' || each.message.n > (run.at(-1)?.n ?? 0);
    if (isNew) run.push(each.message);
  }
  return rooms;
}

function faultsIn(run: readonly Place[], stored: readonly Place[]): string[] {
  const faults: string[] = [];
  for (const [i, { n, id }] of run.entries()) {
    const before = run[i - 1];
    if (before && n !== before.n + 1) faults.push(`message ${n} came after ${before.n}`);
    if (stored[n - 1]?.id !== id)
      faults.push(`message ${n} is ${id}, and ${stored[n - 1]?.id ?? 'none'} in the read model`);
  }
  return faults;
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
