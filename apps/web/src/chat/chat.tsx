import { DirectChat, RoomChat } from '@parley/client';
import { indexedDbOutbox } from '@parley/client/indexed-db';
import { useChats, useConnection, usePresence } from '@parley/client/react';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { announceClient } from '../clients.js';
import type { Person } from '../people.js';
import { Connection } from './connection.js';
import { Conversation } from './conversation.js';
import { ChatList, type Place } from './list.js';
import { useNames } from './names.js';
import { useRoomTalk, useDirectTalk } from './talk.js';
import { useUnread } from './unread.js';

interface ChatProps {
  /** Where the server is, without a path. */
  readonly url: string;
  readonly person: Person;
  /** Others whom one may write to, where they are known. */
  readonly others: readonly Person[];
  readonly token: string | (() => Promise<string>);
}

/** All that one person can do here: the global room, the clan's and the direct chats. It is connected for as long as it is shown. */
export function Chat({ url, person, others, token }: ChatProps) {
  const [chats, setChats] = useState<{ readonly rooms: RoomChat; readonly direct: DirectChat } | null>(null);
  useEffect(() => {
    const outbox = (kind: string) => indexedDbOutbox(`${person.id}-${kind}`);
    const rooms = new RoomChat({ url, token, outbox: outbox('rooms') }).subscribe('presence', 'typing').connect();
    const direct = new DirectChat({ url, token, outbox: outbox('direct'), userId: Number(person.id) });
    direct.subscribe('presence', 'typing', 'seen').connect();
    setChats({ rooms, direct });
    const end = announceClient({ person, rooms });
    return () => {
      end();
      rooms.disconnect();
      direct.disconnect();
    };
  }, [url, person.id]);
  return <div class="chat">{chats && <Shown {...chats} person={person} others={others} />}</div>;
}

interface ShownProps {
  readonly rooms: RoomChat;
  readonly direct: DirectChat;
  readonly person: Person;
  readonly others: readonly Person[];
}

function Shown({ rooms, direct, person, others }: ShownProps) {
  const [place, setPlace] = useState<Place>({ kind: 'room', room: person.clan === null ? 'global' : 'clan' });
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
  const show = (next: Place) => {
    setPlace(next);
    setListShown(false);
  };
  const back = () => {
    setListShown(true);
  };
  const entry = place.kind === 'direct' ? entries.find(({ id }) => id === place.id) : undefined;
  const common = { me: person, connection, onBack: back };
  return (
    <div class={isListShown ? 'list-shown' : ''}>
      <Connection connection={connection} />
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
      {place.kind === 'room' && (
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
  return <Conversation talk={useRoomTalk(rooms, room)} {...common} />;
}

type DirectProps = Common & {
  readonly direct: DirectChat;
  readonly entry: Parameters<typeof useDirectTalk>[1];
  readonly nameOf: (userId: number) => string;
};

function DirectConversation({ direct, entry, nameOf, ...common }: DirectProps) {
  return <Conversation talk={useDirectTalk(direct, entry, nameOf)} {...common} />;
}
