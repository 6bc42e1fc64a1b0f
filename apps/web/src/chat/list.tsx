import type { DirectChatEntry, RoomName } from '@parley/client';
import { useId, useState } from 'preact/hooks';
import type { Person } from '../people.js';
import { Avatar } from './message.js';

/** What is looked at. */
export type Place =
  { readonly kind: 'room'; readonly room: RoomName } | { readonly kind: 'direct'; readonly id: number };

interface ChatListProps {
  /** Whose they are. */
  readonly me: string;
  readonly place: Place | null;
  readonly hasClan: boolean;
  readonly entries: readonly DirectChatEntry[];
  readonly unread: Readonly<Record<RoomName, number>>;
  readonly nameOf: (userId: number) => string;
  readonly isOnline: (userId: number) => boolean;
  readonly others: readonly Person[];
  readonly onShow: (place: Place) => void;
  /** Opens the chat with somebody. */
  readonly onOpen: (userId: number) => Promise<void>;
}

export function ChatList({
  me,
  place,
  hasClan,
  entries,
  unread,
  nameOf,
  isOnline,
  others,
  onShow,
  onOpen,
}: ChatListProps) {
  const rooms: readonly RoomName[] = hasClan ? ['global', 'clan'] : ['global'];
  return (
    <nav class="list" aria-label={`Chats of ${me}`}>
      <ul>
        {rooms.map((room) => (
          <li key={room}>
            <Entry
              isShown={place?.kind === 'room' && place.room === room}
              name={room === 'global' ? 'Everybody' : 'Clan'}
              icon={
                <span class="avatar room" aria-hidden="true">
                  {room === 'global' ? '∗' : '⚑'}
                </span>
              }
              unread={unread[room]}
              onShow={() => {
                onShow({ kind: 'room', room });
              }}
            />
          </li>
        ))}
        {entries.map(({ id, receiver_id, unread_count, last_message }) => (
          <li key={id}>
            <Entry
              isShown={place?.kind === 'direct' && place.id === id}
              name={nameOf(receiver_id)}
              icon={<Avatar id={String(receiver_id)} name={nameOf(receiver_id)} />}
              isOnline={isOnline(receiver_id)}
              last={last_message?.message}
              unread={unread_count}
              onShow={() => {
                onShow({ kind: 'direct', id });
              }}
            />
          </li>
        ))}
      </ul>
      <OpenChat
        others={others.filter(({ id }) => !entries.some(({ receiver_id }) => String(receiver_id) === id))}
        onOpen={onOpen}
      />
    </nav>
  );
}

interface EntryProps {
  readonly name: string;
  readonly icon: preact.ComponentChildren;
  readonly isShown: boolean;
  readonly unread: number;
  readonly isOnline?: boolean;
  readonly last?: string | undefined;
  readonly onShow: () => void;
}

function Entry({ name, icon, isShown, unread, isOnline, last, onShow }: EntryProps) {
  return (
    <button type="button" class="entry" aria-current={isShown ? 'page' : undefined} onClick={onShow}>
      {icon}
      <span class="name">
        {name}
        {isOnline === true && <span class="online" role="img" aria-label="online" />}
        {last !== undefined && <span class="last">{last}</span>}
      </span>
      {unread > 0 && (
        <span class="unread" aria-label={`${unread} unread`}>
          {unread}
        </span>
      )}
    </button>
  );
}

function OpenChat({ others, onOpen }: Pick<ChatListProps, 'others' | 'onOpen'>) {
  const [fault, setFault] = useState('');
  const people = useId();
  return (
    <form
      class="open"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const userId = Number(new FormData(form).get('user'));
        if (!Number.isSafeInteger(userId) || userId < 1) {
          setFault('The number of a person is a whole one, 1 or more.');
          return;
        }
        setFault('');
        onOpen(userId).then(
          () => {
            form.reset();
          },
          (error: unknown) => {
            setFault((error as Error).message);
          },
        );
      }}
    >
      <label>
        A chat with
        <input name="user" list={people} inputMode="numeric" placeholder="number" required autocomplete="off" />
      </label>
      <datalist id={people}>
        {others.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
      <button type="submit">Open</button>
      {fault !== '' && <p role="alert">{fault}</p>}
    </form>
  );
}
