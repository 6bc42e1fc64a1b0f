import { ERASED_NAME, type Room } from '#domain';
import type { Evidence, History, Shown } from '../evidence.js';
import { type Finding, finding } from './finding.js';
import { loggedRooms, shownOf } from './logged.js';

/** I4: `chatctl verify` finds the read models to be the fold of the log. */
export function foldOfTheLog({ verified }: Evidence): Finding {
  const count = verified.reduce((sum, { documents }) => sum + documents, 0);
  const violations = verified.flatMap(({ projection, differences }) =>
    differences.map((difference) => `${projection}: ${difference}`),
  );
  return finding('I4', 'documents are the fold of the log', count, violations);
}

const say = ({ text, isDeleted }: Shown): string => (isDeleted ? 'deleted' : JSON.stringify(text));
const isSame = (one: Shown, other: Shown | undefined): boolean =>
  one.id === other?.id && one.text === other.text && one.isDeleted === other.isDeleted;

/**
 * I11: every message is in its place as the log has it, in the read model and in what is shown over HTTP: with the last of
 * its edits, with no text where it was deleted, hidden or its sender erased. Counted are those that are not as they were
 * said.
 */
export function shownAsLogged(evidence: Evidence): Finding {
  const violations: string[] = [];
  const logged = loggedRooms(evidence.events);
  let count = 0;
  const said = new Map(
    evidence.events.flatMap((event) => (event.type === 'MessageCreated' ? [[event.messageId, event.content]] : [])),
  );
  for (const [room, messages] of evidence.rooms) {
    for (const message of messages) {
      const should = logged.get(room)?.messages[message.n - 1];
      if (!should) {
        violations.push(`message ${message.n} of ${room} is not in the log`);
        continue;
      }
      const isAsSaid = said.get(should.id) === should.text && !should.isErased && should.hiddenFrom === null;
      if (!isAsSaid) count++;
      const shown = shownOf(should, null);
      const where = `message ${message.n} of ${room}`;
      if (!isSame(shown, message)) violations.push(`${where} is ${say(message)}, by the log ${say(shown)}`);
      if (message.hiddenFrom !== should.hiddenFrom) {
        violations.push(`${where} is hidden from ${message.hiddenFrom}, by the log from ${should.hiddenFrom}`);
      }
      if ((message.senderName === ERASED_NAME) !== should.isErased) {
        violations.push(`${where} is by ${message.senderName}, who was ${should.isErased ? '' : 'not '}erased`);
      }
    }
  }
  for (const { room, userId, messages } of evidence.listed) {
    const all = logged.get(room)?.messages ?? [];
    if (all.length !== messages.length) {
      violations.push(`${userId ?? 'everybody'} is shown ${messages.length} of ${all.length} messages of ${room}`);
    }
    for (const message of all) {
      const should = shownOf(message, userId);
      const is = messages[message.n - 1];
      if (!isSame(should, is)) {
        const what = is ? say(is) : 'nothing';
        violations.push(
          `${userId ?? 'everybody'} is shown ${what} as message ${message.n} of ${room}, not ${say(should)}`,
        );
      }
    }
  }
  return finding('I11', 'messages that were changed are shown as the log has them', count, violations);
}

/** I12: what a client was told of a message last is what the history shows of it. Counted are those that were changed. */
export function knownAsShown(evidence: Evidence): Finding {
  const violations: string[] = [];
  const listed = new Map(evidence.listed.map((each) => [`${each.userId ?? ''} ${each.room}`, each.messages]));
  let count = 0;
  for (const history of evidence.histories) {
    for (const [room, known] of knownOf(history)) {
      const shown = listed.get(`${history.userId} ${room}`) ?? listed.get(` ${room}`);
      for (const { message, isChanged } of known.values()) {
        if (isChanged) count++;
        const is = shown?.[message.n - 1];
        if (isSame(message, is)) continue;
        const where = `message ${message.n} of ${room}`;
        violations.push(
          `${history.client} knows ${where} as ${say(message)}, the history as ${is ? say(is) : 'nothing'}`,
        );
      }
    }
  }
  return finding('I12', 'changes of messages are known to clients as they are shown', count, violations);
}

interface Known {
  readonly message: Shown;
  readonly isChanged: boolean;
}

function knownOf({ told }: History): Map<Room, Map<number, Known>> {
  const rooms = new Map<Room, Map<number, Known>>();
  for (const each of told) {
    const known = rooms.get(each.room) ?? new Map<number, Known>();
    rooms.set(each.room, known);
    if (each.what === 'reset') {
      known.clear();
      for (const message of each.messages) known.set(message.n, { message, isChanged: false });
    } else {
      const { message } = each;
      const before = known.get(message.n);
      const isChanged = before !== undefined && (before.isChanged || !isSame(before.message, message));
      known.set(message.n, { message, isChanged });
    }
  }
  return rooms;
}
