import type {
  Command,
  CommandRefused,
  DirectChat,
  DirectChatEntry,
  DirectMessage,
  RoomChat,
  RoomMessage,
  RoomName,
} from '@parley/client';
import { useChat, useRoom, useTyping } from '@parley/client/react';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';

/** A message as it is shown, of a room or of a direct chat. */
export interface Line {
  readonly id: string;
  readonly n: number;
  readonly author: { readonly id: string; readonly name: string };
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
  readonly feeling: string | null;
  readonly replyTo: string | null;
  readonly reactions: readonly { readonly name: string; readonly emoji: string }[];
  /** Of one's own in a direct chat: whether the other side has seen it; null elsewhere. */
  readonly isSeen: boolean | null;
}

/**
 * What one has said and is not shown as a message yet. `sending`: not acknowledged. `stored`: acknowledged, it is on its
 * way back. `refused`: it will never be a message, for the reason that is given.
 */
export interface Waiting {
  readonly id: string;
  readonly text: string;
  readonly at: number;
  readonly state: 'sending' | 'stored' | 'refused';
  readonly reason: string | null;
  /** How it was said. */
  readonly saying: Saying;
}

export interface Saying {
  readonly feeling?: string;
  readonly replyTo?: string;
}

/** A room or a direct chat, as it is now, and what can be done in it. */
export interface Talk {
  /** Oldest first. */
  readonly lines: readonly Line[];
  readonly waiting: readonly Waiting[];
  readonly hasOlder: boolean;
  readonly loadOlder: () => Promise<void>;
  /** The names of those who type at this moment. */
  readonly typers: readonly string[];
  readonly typing: () => void;
  readonly say: (text: string, saying: Saying) => void;
  /** Takes something refused off the page. */
  readonly dismiss: (id: string) => void;
  readonly edit: (id: string, text: string) => Promise<void>;
  readonly remove: (id: string) => Promise<void>;
  /** null where there are no reactions, as in direct chats. */
  readonly react: ((id: string, emoji: string) => Promise<void>) | null;
  /** What one has reacted with; null for nothing. */
  readonly reactionTo: (line: Line) => string | null;
  readonly hasFeelings: boolean;
}

/**
 * @param room the same one for as long as the component is there
 * @param myName as others see it
 */
export function useRoomTalk(chat: RoomChat, room: RoomName, myName: string): Talk {
  const { messages, pending, hasOlder, loadOlder, send, react, edit, remove } = useRoom(chat, room);
  const [people, typing] = useTyping(chat, room);
  const lines = useMemo(() => messages.map(lineOfRoom), [messages]);
  const said = useSaid(chat, `${room}Message`, () => true, pending, lines);
  return {
    ...{ lines, hasOlder, loadOlder, typing, edit, remove, hasFeelings: true },
    ...useOwnReactions(react, myName),
    ...{ waiting: said.waiting, dismiss: said.dismiss },
    typers: people.map(({ name }) => name),
    say: (text, saying) => {
      said.say(text, saying, send(text, saying));
    },
  };
}

/** @param entry the same chat for as long as the component is there */
export function useDirectTalk(chat: DirectChat, entry: DirectChatEntry, nameOf: (userId: number) => string): Talk {
  const { messages, pending, hasOlder, loadOlder, send, edit, remove, isTyping, typing, seen } = useChat(chat, entry);
  const { receiver_id } = entry;
  const lines = useMemo(
    () => messages.map((message) => lineOfDirect(message, receiver_id, nameOf)),
    [messages, receiver_id, nameOf],
  );
  const isOurs = ({ data }: Command) => (data as { readonly chat_id: number }).chat_id === entry.id;
  const said = useSaid(chat, 'create_message', isOurs, pending, lines);
  const last = messages.at(-1)?.n ?? 0;
  const isUnread = messages.some((message) => message.receiver_id !== entry.receiver_id && !message.seen);
  useEffect(() => {
    if (!isUnread && entry.unread_count === 0) return undefined;
    const look = () => {
      if (document.visibilityState === 'visible') seen().catch(() => undefined);
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
    };
    // Once for each message: what was told as seen stays unread here until it is listed anew.
  }, [last, entry.id]);
  return {
    ...{ lines, hasOlder, loadOlder, typing, edit, remove, react: null, reactionTo: () => null, hasFeelings: false },
    ...{ waiting: said.waiting, dismiss: said.dismiss },
    typers: isTyping ? [nameOf(entry.receiver_id)] : [],
    say: (text, { replyTo }) => {
      const saying = replyTo === undefined ? {} : { replyTo };
      said.say(text, saying, send(text, saying));
    },
  };
}

/**
 * Which reactions are one's own. The server tells them by the names of people alone, and others may have the same one: so
 * what was reacted with on this page counts first, and the name only of what was reacted with elsewhere or before.
 */
function useOwnReactions(
  react: (id: string, emoji: string) => Promise<void>,
  myName: string,
): Required<Pick<Talk, 'reactionTo'>> & { readonly react: (id: string, emoji: string) => Promise<void> } {
  const [own, setOwn] = useState<ReadonlyMap<string, string>>(new Map());
  const reactionTo = useCallback(
    ({ id, reactions }: Line) =>
      own.has(id) ? own.get(id)! || null : (reactions.find(({ name }) => name === myName)?.emoji ?? null),
    [own, myName],
  );
  const reactAndKeep = useCallback(
    async (id: string, emoji: string) => {
      await react(id, emoji);
      setOwn((all) => new Map(all).set(id, emoji));
    },
    [react],
  );
  return { reactionTo, react: reactAndKeep };
}

/** A message is the same object for as long as it says the same, and so is what is shown of it. */
const shown = new WeakMap<RoomMessage, Line>();

function lineOfRoom(message: RoomMessage): Line {
  const known = shown.get(message);
  if (known) return known;
  const { _id: id, n, sender, content: text, createdAt: at, feeling = null, reply_to: replyTo = null } = message;
  const line: Line = {
    ...{ id, n, text, at, feeling, replyTo, isSeen: null },
    author: { id: sender._id, name: sender.name },
    isEdited: message.editedAt !== undefined,
    isDeleted: message.deleted === true,
    reactions: message.reactions.map(({ playerName: name, emoji }) => ({ name, emoji })),
  };
  shown.set(message, line);
  return line;
}

function lineOfDirect(message: DirectMessage, receiverId: number, nameOf: (userId: number) => string): Line {
  const { id, n, sender_id, message: text, created_at: at, reply_to: replyTo = null } = message;
  return {
    ...{ id, n, text, at, replyTo, feeling: null, reactions: [] },
    author: { id: String(sender_id), name: nameOf(sender_id) },
    isEdited: message.edited_at !== undefined,
    isDeleted: message.deleted === true,
    isSeen: sender_id === receiverId ? null : message.seen,
  };
}

interface Said {
  readonly waiting: readonly Waiting[];
  readonly say: (text: string, saying: Saying, sent: Promise<string>) => void;
  readonly dismiss: (id: string) => void;
}

type Refusal = { readonly command: Command; readonly error: CommandRefused };

/** What was said and is no message yet, whether by this page or before it was loaded. */
function useSaid(
  chat: RoomChat | DirectChat,
  event: string,
  isOurs: (command: Command) => boolean,
  pending: readonly Command[],
  lines: readonly Line[],
): Said {
  const [stored, setStored] = useState<readonly Waiting[]>([]);
  const [refused, setRefused] = useState<readonly Waiting[]>([]);
  useEffect(() => {
    const on = chat.on.bind(chat) as (name: 'refused', listener: (refusal: Refusal) => void) => () => void;
    return on('refused', ({ command, error }) => {
      if (command.event !== event || !isOurs(command)) return;
      const waiting = { ...waitingOf(command), state: 'refused' as const, reason: error.message };
      setRefused((all) => [...all, waiting]);
    });
    // Which are ours says the event, and what the component is for.
  }, [chat, event]);
  const latest = new Set(lines.slice(-LATEST).map(({ id }) => id));
  const say = (text: string, saying: Saying, sent: Promise<string>) => {
    sent.then(
      (id) => {
        const waiting = { id, text, saying, at: Date.now(), state: 'stored' as const, reason: null };
        setStored((all) => [...all.slice(-LATEST), waiting]);
      },
      // The chat tells of it, as of those that were given before the page was loaded.
      () => undefined,
    );
  };
  const dismiss = (id: string) => {
    setRefused((all) => all.filter((waiting) => waiting.id !== id));
  };
  const onTheirWay = stored.filter(({ id }) => !latest.has(id));
  return { waiting: [...refused, ...onTheirWay, ...pending.map(waitingOf)], say, dismiss };
}

/** So many of the latest messages are looked through for those that one has just said. */
const LATEST = 200;

/** What a command says that was given to speak, in either API. */
interface Spoken {
  readonly content?: string;
  readonly message?: string;
  readonly feeling?: string;
  readonly reply_to?: string;
}

function waitingOf({ id, data, at }: Command): Waiting {
  const { content, message, feeling, reply_to: replyTo } = data as Spoken;
  const saying = { ...(feeling !== undefined && { feeling }), ...(replyTo !== undefined && { replyTo }) };
  return { id, at, saying, text: content ?? message ?? '', state: 'sending', reason: null };
}
