import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ConnectionState } from './connection.js';
import type { DirectChat } from './direct-chat.js';
import type { DirectChatEntry, DirectMessage } from './direct-frames.js';
import type { Command } from './outbox.js';
import type { Person, RoomChat, RoomMessage, RoomName, SendOptions } from './room-chat.js';

/** How the connection is. */
export function useConnection(chat: RoomChat | DirectChat): ConnectionState {
  const subscribe = useCallback((changed: () => void) => onAny(chat)('state', changed), [chat]);
  return useSyncExternalStore(
    subscribe,
    () => chat.state,
    () => chat.state,
  );
}

/** Whether each is online of those one may know: the clan at a `RoomChat`, the other sides of chats at a `DirectChat`. */
export function usePresence(chat: RoomChat | DirectChat): (userId: string | number) => boolean {
  useEffect(() => {
    chat.subscribe('presence');
  }, [chat]);
  const online = useLatest(chat, ['presence'], () => chat.online);
  return useCallback((userId) => online.has(userId), [online]);
}

/** Who else types in a room at this moment, and how to say that one does oneself. */
export function useTyping(chat: RoomChat, room: RoomName): readonly [people: readonly Person[], typing: () => void] {
  useEffect(() => {
    chat.subscribe('typing');
  }, [chat]);
  const people = useLatest(chat, ['typing'], () => chat.typers(room));
  return [
    people,
    useCallback(() => {
      chat.typing(room);
    }, [chat, room]),
  ];
}

/** A room as it is now, and what can be done in it. */
export interface Room {
  /** Oldest first. */
  readonly messages: readonly RoomMessage[];
  /** What was said here and is not acknowledged yet. */
  readonly pending: readonly Command[];
  readonly hasOlder: boolean;
  /** Resolves once one more page of the history is among the messages. */
  readonly loadOlder: () => Promise<void>;
  readonly send: (content: string, options?: SendOptions) => Promise<string>;
  readonly react: (messageId: string, emoji: string) => Promise<void>;
  readonly edit: (messageId: string, content: string) => Promise<void>;
  readonly remove: (messageId: string) => Promise<void>;
}

/** @param room the same one for as long as the component is there */
export function useRoom(chat: RoomChat, room: RoomName): Room {
  const latest = useLatest<readonly RoomMessage[]>(chat, ['message', 'reaction', 'change', 'reset'], () =>
    chat.latest(room),
  );
  const { messages, hasOlder, loadOlder, change } = useOlder(latest, (before) => chat.history(room, before));
  useEffect(() => {
    const ends = (['reaction', 'change'] as const).map((event) =>
      chat.on(event, ({ room: where, message }) => {
        if (where === room) change(message);
      }),
    );
    return () => {
      for (const end of ends) end();
    };
  }, [chat, room, change]);
  return {
    messages,
    pending: usePending(chat, (command) => command.event === `${room}Message`),
    hasOlder,
    loadOlder,
    send: useCallback((content: string, options: SendOptions = {}) => chat.send(room, content, options), [chat, room]),
    react: useCallback((messageId: string, emoji: string) => chat.react(room, messageId, emoji), [chat, room]),
    edit: useCallback((messageId: string, content: string) => chat.edit(room, messageId, content), [chat, room]),
    remove: useCallback((messageId: string) => chat.delete(room, messageId), [chat, room]),
  };
}

/** The direct chats, the latest first. */
export function useChats(chat: DirectChat): readonly DirectChatEntry[] {
  return useLatest<readonly DirectChatEntry[]>(chat, ['chats'], () => chat.chats);
}

/** One direct chat as it is now, and what can be done in it. */
export interface Conversation {
  /** Oldest first. */
  readonly messages: readonly DirectMessage[];
  /** What was said here and is not acknowledged yet. */
  readonly pending: readonly Command[];
  readonly hasOlder: boolean;
  /** Resolves once one more page of the history is among the messages. */
  readonly loadOlder: () => Promise<void>;
  readonly send: (message: string, options?: Omit<SendOptions, 'feeling'>) => Promise<string>;
  readonly edit: (messageId: string, message: string) => Promise<void>;
  readonly remove: (messageId: string) => Promise<void>;
  /** Whether the other side types at this moment, and how to say that one does oneself. */
  readonly isTyping: boolean;
  readonly typing: () => void;
  readonly seen: () => Promise<void>;
}

/** @param entry the same chat for as long as the component is there */
export function useChat(chat: DirectChat, entry: Pick<DirectChatEntry, 'id' | 'receiver_id'>): Conversation {
  const { id, receiver_id } = entry;
  useEffect(() => {
    chat.subscribe('typing', 'seen').show(id);
  }, [chat, id]);
  const latest = useLatest<readonly DirectMessage[]>(chat, ['message', 'change', 'seen', 'reset'], () =>
    chat.latest(id),
  );
  const { messages, hasOlder, loadOlder, change } = useOlder(latest, (before) => chat.history(id, before));
  useEffect(
    () =>
      chat.on('change', (message) => {
        if (message.chat_id === id) change(message);
      }),
    [chat, id, change],
  );
  return {
    messages,
    pending: usePending(
      chat,
      ({ event, data }) => event === 'create_message' && (data as { chat_id: number }).chat_id === id,
    ),
    hasOlder,
    loadOlder,
    send: useCallback(
      (message: string, options: Omit<SendOptions, 'feeling'> = {}) => chat.send({ id, receiver_id }, message, options),
      [chat, id, receiver_id],
    ),
    edit: useCallback((messageId: string, message: string) => chat.edit(id, messageId, message), [chat, id]),
    remove: useCallback((messageId: string) => chat.delete(id, messageId), [chat, id]),
    isTyping: useLatest(chat, ['typing'], () => chat.isTyping(id)),
    typing: useCallback(() => {
      chat.typing(id);
    }, [chat, id]),
    seen: useCallback(() => chat.seen(id), [chat, id]),
  };
}

type On = (name: string, listener: () => void) => () => void;
const onAny = (chat: RoomChat | DirectChat): On => chat.on.bind(chat) as On;

/** What there is now, read anew with each of these events. */
function useLatest<T>(chat: RoomChat | DirectChat, events: readonly string[], read: () => T): T {
  const [value, setValue] = useState(read);
  const reader = useRef(read);
  reader.current = read;
  useEffect(() => {
    const update = () => {
      setValue(reader.current());
    };
    update();
    const ends = events.map((event) => onAny(chat)(event, update));
    return () => {
      for (const end of ends) end();
    };
    // The events are a constant of the caller's.
  }, [chat]);
  return value;
}

const usePending = (chat: RoomChat | DirectChat, isOurs: (command: Command) => boolean): readonly Command[] =>
  useLatest(chat, ['pending'], () => chat.pending).filter(isOurs);

const PAGE = 50;
const NOTHING: readonly never[] = [];

interface Older<M> {
  /** Another array whenever one of them has changed. */
  readonly messages: readonly M[];
  readonly hasOlder: boolean;
  readonly loadOlder: () => Promise<void>;
  /** One of them is another now. */
  readonly change: (message: M) => void;
}

/** The latest messages, and before them what was read of the history. */
function useOlder<M extends { readonly n: number }>(
  latest: readonly M[],
  history: (before: number) => AsyncGenerator<M, void>,
): Older<M> {
  const [older, setOlder] = useState<readonly M[]>([]);
  const last = useRef(latest);
  const first = latest[0]?.n ?? 1;
  // The first of the latest are kept there no longer once many have come since.
  useLayoutEffect(() => {
    const fallen = last.current.filter(({ n }) => n < first);
    last.current = latest;
    setOlder((kept) => (kept.length > 0 && kept.at(-1)!.n + 1 === fallen[0]?.n ? [...kept, ...fallen] : kept));
  }, [latest, first]);
  // After a long time away, what was read before does not go on where the latest begin.
  const shown = older.at(-1)?.n === first - 1 ? older : NOTHING;
  const oldest = shown[0]?.n ?? first;
  const loadOlder = async (): Promise<void> => {
    const page: M[] = [];
    for await (const message of history(oldest)) {
      page.unshift(message);
      if (page.length === PAGE) break;
    }
    setOlder((kept) => {
      if (kept[0]?.n === page[0]?.n) return kept;
      return kept[0]?.n === oldest ? [...page, ...kept] : page;
    });
  };
  const change = useCallback((message: M) => {
    setOlder((kept) =>
      kept.some(({ n }) => n === message.n) ? kept.map((each) => (each.n === message.n ? message : each)) : kept,
    );
  }, []);
  // The same array for as long as nothing in it changes: there may be many, and whoever shows them looks at each.
  const messages = useMemo(() => [...shown, ...latest], [shown, latest]);
  return { messages, hasOlder: oldest > 1, loadOlder, change };
}
