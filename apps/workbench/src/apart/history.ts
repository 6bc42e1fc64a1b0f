import type { DirectMessageView, RoomMessageView } from '#protocol';

// What the history has, read page by page over HTTP as any client would.

/** A message as clients are told of it, over HTTP or a socket, by whichever of the APIs. */
export interface ToldMessage {
  readonly id: string;
  readonly n: number;
  readonly rev: number;
  readonly content: string;
  readonly senderId: string;
  readonly reactions: RoomMessageView['reactions'];
}

interface RoomPage {
  readonly data: { readonly ChatMessage: readonly RoomMessageView[] };
}

interface ChatPage {
  readonly data: readonly DirectMessageView[];
  readonly next: number | null;
}

export const fromRoomMessage = ({ _id: id, n, rev, content, sender, reactions }: RoomMessageView): ToldMessage => ({
  id,
  n,
  rev,
  content,
  senderId: sender._id,
  reactions,
});

/** Reactions are not part of the direct API. */
export const fromDirectMessage = ({ id, n, rev, message, sender_id }: DirectMessageView): ToldMessage => ({
  id,
  n,
  rev,
  content: message,
  senderId: String(sender_id),
  reactions: [],
});

/** The answer to a GET, asked for as fast as one may. @throws Error with the status and the answer where it is not 2xx */
export async function getJson<T>(address: string, token: string): Promise<T> {
  const ask = () => fetch(address, { headers: { Authorization: `Bearer ${token}` } });
  let response = await ask();
  while (response.status === 429) {
    await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get('retry-after')) * 1_000));
    response = await ask();
  }
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The messages of a room with numbers above `after`, oldest first. */
export async function roomHistory(
  http: string,
  type: 'global' | 'clan',
  token: string,
  after = 0,
): Promise<ToldMessage[]> {
  const all: ToldMessage[] = [];
  for (let page = 1; ; page++) {
    const address = `${http}/chat/history?type=${type}&page=${page}&limit=50`;
    const { data } = await getJson<RoomPage>(address, token);
    all.push(...data.ChatMessage.filter(({ n }) => n > after).map(fromRoomMessage));
    if (data.ChatMessage.length < 50 || data.ChatMessage.at(-1)!.n <= after) return all.reverse();
  }
}

/** The number of the last message of a room, 0 for none. */
export async function lastOfRoom(http: string, type: 'global' | 'clan', token: string): Promise<number> {
  const { data } = await getJson<RoomPage>(`${http}/chat/history?type=${type}&page=1&limit=1`, token);
  return data.ChatMessage[0]?.n ?? 0;
}

/** The messages of a direct chat, oldest first. */
export async function chatHistory(http: string, chatId: number, token: string): Promise<ToldMessage[]> {
  const all: ToldMessage[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: ChatPage = await getJson<ChatPage>(`${http}/chats/${chatId}/messages?after=${after}&limit=200`, token);
    all.push(...page.data.map(fromDirectMessage));
    after = page.next;
  }
  return all;
}
