import { clanRoom, directRoom, GLOBAL_ROOM, type Room } from '#domain';
import { EventLog } from '#event-store';
import { replay, timeline } from '#projections';
import { type MessageDocument, Timeline } from '#read-models';
import type { Running } from '../running.js';
import type { SeenMessage } from './chatter.js';
import type { Cast } from './conversation.js';
import type { Testimony } from './verdict.js';

interface HistoryMessage {
  readonly _id: string;
  readonly n: number;
  readonly rev: number;
  readonly content: string;
  readonly sender: { readonly _id: string };
  readonly reactions: SeenMessage['reactions'];
}

interface ChatPage {
  readonly data: readonly {
    readonly id: string;
    readonly n: number;
    readonly rev: number;
    readonly message: string;
    readonly sender_id: number;
  }[];
  readonly next: number | null;
}

async function get<T>(address: string, token: string): Promise<T> {
  const response = await fetch(address, { headers: { Authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The messages of a room above `after`, oldest first. */
async function roomHistory(
  http: string,
  type: 'global' | 'clan',
  token: string,
  after: number,
): Promise<SeenMessage[]> {
  const all: SeenMessage[] = [];
  for (let page = 1; ; page++) {
    const address = `${http}/chat/history?type=${type}&page=${page}&limit=50`;
    const { data } = await get<{ data: { ChatMessage: HistoryMessage[] } }>(address, token);
    for (const { _id: id, n, rev, content, sender, reactions } of data.ChatMessage) {
      if (n > after) all.push({ id, n, rev, content, senderId: sender._id, reactions });
    }
    if (data.ChatMessage.length < 50 || data.ChatMessage.at(-1)!.n <= after) return all.reverse();
  }
}

async function chatHistory(http: string, chatId: number, token: string): Promise<SeenMessage[]> {
  const all: SeenMessage[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: ChatPage = await get<ChatPage>(`${http}/chats/${chatId}/messages?after=${after}&limit=200`, token);
    for (const { id, n, rev, message, sender_id } of page.data) {
      all.push({ id, n, rev, content: message, senderId: String(sender_id), reactions: [] });
    }
    after = page.next;
  }
  return all;
}

/** The number of the last message of the global room. */
export async function lastOfGlobal(http: string, token: string): Promise<number> {
  const address = `${http}/chat/history?type=global&page=1&limit=1`;
  const { data } = await get<{ data: { ChatMessage: HistoryMessage[] } }>(address, token);
  return data.ChatMessage[0]?.n ?? 0;
}

/** The whole log, folded in memory. */
async function foldedLog({ nats }: Running, onProgress: (share: number) => void): Promise<Timeline> {
  const log = await EventLog.connect({ ...nats, name: 'parley-demo' });
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

const fromDocument = ({ messageId, n, rev, content, sender, reactions }: MessageDocument): SeenMessage => ({
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
  globalBefore: number,
  onProgress: (share: number) => void,
): Promise<Testimony[]> {
  const folded = await foldedLog(running, onProgress);
  const foldOf = async (room: Room, after: number) =>
    (await folded.pageAfter(room, { after, limit: 1_000_000 })).map(fromDocument);
  const seenIn = (room: 'global' | 'clan', of: typeof speakers) =>
    of.map(({ chatter }) => ({ userId: chatter.seat.userId, room: chatter.room(room) }));
  const { http } = running;
  const all: Testimony[] = [
    {
      room: 'global',
      seen: seenIn('global', speakers),
      history: await roomHistory(http, 'global', speakers[0]!.chatter.seat.token, globalBefore),
      folded: await foldOf(GLOBAL_ROOM, globalBefore),
    },
  ];
  for (const clanId of new Set(speakers.map((speaker) => speaker.clanId))) {
    const members = speakers.filter((speaker) => speaker.clanId === clanId);
    all.push({
      room: `clan ${clanId}`,
      seen: seenIn('clan', members),
      history: await roomHistory(http, 'clan', members[0]!.chatter.seat.token, 0),
      folded: await foldOf(clanRoom(clanId), 0),
    });
  }
  for (const { chatId, people } of chats) {
    const [one, other] = people;
    all.push({
      room: `direct chat ${chatId}`,
      seen: people.map((person) => ({ userId: person.seat.userId, room: person.room(String(chatId)) })),
      history: await chatHistory(http, chatId, one.seat.token),
      folded: await foldOf(directRoom(one.seat.userId, other.seat.userId), 0),
    });
  }
  return all;
}
