import { roomIds, roomKind } from '#domain';
import type { Evidence, History } from '../evidence.js';
import { type Finding, finding } from './finding.js';
import { type LoggedRoom, loggedRooms, loggedTexts } from './logged.js';

/** I5: what is unread of a chat, and whether its other side is blocked, is what its log says, for both of its people. */
export function unreadCounts(evidence: Evidence): Finding {
  const violations: string[] = [];
  const listed = new Map(evidence.chats.map((chat) => [`${chat.userId} ${chat.room}`, chat]));
  const logged = loggedRooms(evidence.events);
  let count = 0;
  for (const room of evidence.rooms.keys()) {
    if (roomKind(room) !== 'direct') continue;
    for (const userId of roomIds(room)) {
      count++;
      const chat = listed.get(`${userId} ${room}`);
      const counted = unreadBy(userId, logged.get(room));
      if (counted !== chat?.unread) {
        const has = chat?.unread ?? 'no list of what is';
        violations.push(`${userId} has ${has} unread in ${room}, and ${counted} by the log`);
      }
      const isBlocked = logged.get(room)?.blockers.includes(userId) ?? false;
      if (chat && chat.isBlocked !== isBlocked) {
        violations.push(`${userId} ${isBlocked ? 'blocks' : 'does not block'} ${room}, and the list says otherwise`);
      }
    }
  }
  return finding('I5', 'unread counts are those of the log', count, violations);
}

/** What is said behind a block is none of it. */
function unreadBy(userId: string, logged: LoggedRoom | undefined): number {
  const seenN = logged?.seen.get(userId) ?? 0;
  const theirs = logged?.messages.filter(({ senderId, isUncounted }) => senderId !== userId && !isUncounted) ?? [];
  return theirs.filter(({ n }) => n > seenN).length;
}

/** I7: nobody was ever told a text of whom they blocked by then, by a message, a history or a list. */
export function hiddenFromWhoBlocks(evidence: Evidence): Finding {
  const hidden = loggedTexts(evidence).filter(({ hiddenFrom }) => hiddenFrom !== null);
  const violations: string[] = [];
  for (const history of evidence.histories) {
    const theirs = new Set(hidden.filter(({ hiddenFrom }) => hiddenFrom === history.userId).map(({ text }) => text));
    if (theirs.size === 0) continue;
    for (const text of textsTold(history)) {
      if (theirs.has(text)) violations.push(`${history.client} was told ${text}, whose sender they block`);
    }
  }
  return finding('I7', 'texts are hidden from who blocks their sender', hidden.length, violations);
}

const textsTold = ({ told, listed }: History): Set<string> =>
  new Set([
    ...told.flatMap((each) => (each.what === 'reset' ? each.messages : [each.message]).map(({ text }) => text)),
    ...listed,
  ]);
