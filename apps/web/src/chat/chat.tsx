import { type ConnectionState, DirectChat, RoomChat, type RoomName } from '@parley/client';
import { indexedDbOutbox } from '@parley/client/indexed-db';
import { useChats, useConnection, usePresence } from '@parley/client/react';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { announceClient } from '../clients.js';
import { watchDeliveries } from '../deliveries.js';
import type { Person } from '../people.js';
import { personOf } from '../server.js';
import { Connection } from './connection.js';
import { Conversation } from './conversation.js';
import { ChatList, type Place } from './list.js';
import { useNames } from './names.js';
import { useRoomTalk, useDirectTalk } from './talk.js';
import { useUnread } from './unread.js';

/** Whose token it is, or what gives it, asked before each connection. */
export type Token = string | (() => string | Promise<string>);

/** The one room, or the direct chat with the one person, that is shown alone. */
export type Only = RoomName | { readonly direct: number };

export const tokenOf = async (token: Token): Promise<string> => (typeof token === 'function' ? token() : token);

interface ChatProps {
  /** Where the server is, without a path. */
  readonly url: string;
  readonly person: Person;
  /** Others whom one may write to, where they are known. */
  readonly others: readonly Person[];
  /** Another one is taken over, for the same person. */
  readonly token: Token;
  /** null: all of it, with its list. The same one for as long as it is there. */
  readonly only?: Only | null;
  readonly onState?: (state: ConnectionState) => void;
}

interface Chats {
  readonly rooms: RoomChat;
  readonly direct: DirectChat;
  /** Those that are connected: a room that is shown alone needs no direct chats. */
  readonly connected: readonly (RoomChat | DirectChat)[];
}

/** All that one person can do here: the global room, the clan's and the direct chats. It is connected for as long as it is shown. */
export function Chat({ url, person, others, token, only = null, onState }: ChatProps) {
  const [chats, setChats] = useState<Chats | null>(null);
  const latest = useRef(token);
  latest.current = token;
  useEffect(() => {
    const outbox = (kind: string) => indexedDbOutbox(`${new URL(url).host}-${person.id}-${kind}`);
    const theirToken = async () => {
      const text = await tokenOf(latest.current);
      if (personOf(text)?.id !== person.id) throw new Error('the token is of somebody else');
      return text;
    };
    const options = { url, token: theirToken };
    const rooms = new RoomChat({ ...options, outbox: outbox('rooms') }).subscribe('presence', 'typing');
    const direct = new DirectChat({ ...options, outbox: outbox('direct'), userId: Number(person.id) });
    direct.subscribe('presence', 'typing', 'seen');
    const connected = typeof only === 'string' ? [rooms] : [rooms, direct];
    for (const chat of connected) chat.connect();
    setChats({ rooms, direct, connected });
    const end = announceClient({ person, rooms });
    const stop = watchDeliveries(person.name, rooms, direct);
    return () => {
      end();
      stop();
      for (const chat of connected) chat.disconnect();
    };
  }, [url, person.id]);
  const before = useRef({ token, person: person.id });
  useEffect(() => {
    const isAnother = before.current.token !== token && before.current.person === person.id;
    before.current = { token, person: person.id };
    if (!isAnother) return;
    for (const chat of chats?.connected ?? []) {
      chat.disconnect();
      chat.connect();
    }
  }, [token, person.id]);
  useEffect(() => {
    if (!chats || !onState) return undefined;
    onState(chats.rooms.state);
    return chats.rooms.on('state', onState);
  }, [chats, onState]);
  return <div class="chat">{chats && <Shown {...chats} {...{ url, person, others, only }} />}</div>;
}

type ShownProps = Pick<Chats, 'rooms' | 'direct'> & Required<Pick<ChatProps, 'url' | 'person' | 'others' | 'only'>>;

/** Where one is at first; null until the only direct chat is open. */
function firstPlace(only: Only | null, { clan }: Person): Place | null {
  if (only !== null && typeof only !== 'string') return null;
  return { kind: 'room', room: only ?? (clan === null ? 'global' : 'clan') };
}

function Shown({ url, rooms, direct, person, others, only }: ShownProps) {
  const [place, setPlace] = useState(() => firstPlace(only, person));
  const [fault, setFault] = useState('');
  /** On a phone either the list or the conversation is there. */
  const [isListShown, setListShown] = useState(false);
  const connection = useConnection(rooms);
  const entries = useChats(direct);
  const isOnline = usePresence(direct);
  const isOnlineInClan = usePresence(rooms);
  const nameOf = useNames(rooms, others);
  const unread = useUnread(rooms, person.id, place);
  const clanOnline = useMemo(
    () => others.filter(({ id, clan }) => clan === person.clan && isOnlineInClan(id)).map(({ name }) => name),
    [others, person.clan, isOnlineInClan],
  );
  useEffect(() => {
    if (only === null || typeof only === 'string') return;
    direct.open(only.direct).then(
      ({ id }) => {
        setPlace({ kind: 'direct', id });
      },
      (error: unknown) => {
        setFault((error as Error).message);
      },
    );
  }, [direct]);
  const show = (next: Place) => {
    setPlace(next);
    setListShown(false);
  };
  const back = () => {
    setListShown(true);
  };
  const entry = place?.kind === 'direct' ? entries.find(({ id }) => id === place.id) : undefined;
  const common = { me: person, connection, onBack: back };
  return (
    <div class={only !== null ? 'alone' : isListShown ? 'list-shown' : ''}>
      <Connection connection={connection} url={url} />
      {fault !== '' && (
        <p class="empty" role="alert">
          {fault}
        </p>
      )}
      {only === null && (
        <ChatList
          me={person.name}
          {...{ place, entries, unread, nameOf, isOnline, others }}
          hasClan={person.clan !== null}
          onShow={show}
          onOpen={(userId) =>
            direct.open(userId).then(({ id }) => {
              show({ kind: 'direct', id });
            })
          }
        />
      )}
      {place?.kind === 'room' && (
        <RoomConversation
          key={place.room}
          rooms={rooms}
          room={place.room}
          title={place.room === 'global' ? 'Everybody' : `Clan ${person.clan ?? ''}`}
          subtitle={place.room === 'clan' && clanOnline.length > 0 ? `online: ${clanOnline.join(', ')}` : ''}
          {...common}
        />
      )}
      {entry && (
        <DirectConversation
          key={entry.id}
          {...{ direct, entry, nameOf }}
          title={nameOf(entry.receiver_id)}
          subtitle={isOnline(entry.receiver_id) ? 'online' : 'offline'}
          {...common}
        />
      )}
    </div>
  );
}

type Common = Pick<Parameters<typeof Conversation>[0], 'title' | 'subtitle' | 'me' | 'connection' | 'onBack'>;

function RoomConversation({
  rooms,
  room,
  ...common
}: Common & { readonly rooms: RoomChat; readonly room: 'global' | 'clan' }) {
  return <Conversation talk={useRoomTalk(rooms, room, common.me.name)} {...common} />;
}

type DirectProps = Common & {
  readonly direct: DirectChat;
  readonly entry: Parameters<typeof useDirectTalk>[1];
  readonly nameOf: (userId: number) => string;
};

function DirectConversation({ direct, entry, nameOf, ...common }: DirectProps) {
  return <Conversation talk={useDirectTalk(direct, entry, nameOf)} {...common} />;
}
