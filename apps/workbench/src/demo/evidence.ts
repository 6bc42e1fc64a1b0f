import { clanRoom, directRoom, GLOBAL_ROOM, type Room } from '#domain';
import { EventLog } from '#event-store';
import { logOf, type Running } from '#settings';
import { replay, timeline } from '#projections';
import { type MessageDocument, Timeline } from '#projections';
import { chatHistory, type ToldMessage, roomHistory } from '../apart/history.js';
import type { Cast } from './conversation.js';
import type { Testimony } from './verdict.js';

/** The whole log, folded in memory. */
async function foldedLog(running: Running, onProgress: (share: number) => void): Promise<Timeline> {
  const log = await EventLog.connect({ ...logOf(running), name: 'parley-demo' });
  try {
    const { messages } = await log.state();
    const store = await replay(timeline, log.read(), (folded) => {
      onProgress(folded / messages);
    });
    return new Timeline(store);
  } finally {
    await log.close();
  }
}

const fromDocument = ({ messageId, n, rev, content, sender, reactions }: MessageDocument): ToldMessage => ({
  id: messageId,
  n,
  rev,
  content,
  senderId: sender.id,
  reactions: reactions.map(({ userName, emoji }) => ({ playerName: userName, emoji })),
});

/** What everybody saw, what the history has and what the log folds to, of every room of the conversation. */
export async function testimonies(
  running: Running,
  { speakers, chats }: Cast,
  onProgress: (share: number) => void,
): Promise<Testimony[]> {
  const folded = await foldedLog(running, onProgress);
  const foldOf = async (room: Room) => (await folded.pageAfter(room, { after: 0, limit: 1_000_000 })).map(fromDocument);
  const seenIn = (room: 'global' | 'clan', of: typeof speakers) =>
    of.map(({ chatter }) => ({ userId: chatter.seat.userId, room: chatter.room(room) }));
  const { http } = running;
  const all: Testimony[] = [
    {
      room: 'global',
      seen: seenIn('global', speakers),
      history: await roomHistory(http, 'global', speakers[0]!.chatter.seat.token),
      folded: await foldOf(GLOBAL_ROOM),
    },
  ];
  for (const clanId of new Set(speakers.map((speaker) => speaker.clanId))) {
    const members = speakers.filter((speaker) => speaker.clanId === clanId);
    all.push({
      room: `clan ${clanId}`,
      seen: seenIn('clan', members),
      history: await roomHistory(http, 'clan', members[0]!.chatter.seat.token),
      folded: await foldOf(clanRoom(clanId)),
    });
  }
  for (const { chatId, people } of chats) {
    const [one, other] = people;
    all.push({
      room: `direct chat ${chatId}`,
      seen: people.map((person) => ({ userId: person.seat.userId, room: person.room(String(chatId)) })),
      history: await chatHistory(http, chatId, one.seat.token),
      folded: await foldOf(directRoom(one.seat.userId, other.seat.userId)),
    });
  }
  return all;
}
