import type { MessageThen } from '@parley/client/service';
import { useEffect, useRef } from 'preact/hooks';
import { Avatar } from '../chat/message.js';
import type { Shown } from './past.js';

const clockOf = (at: string) => new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });

/** The last messages of a room, as they were. */
export function RoomThen({ shown }: { readonly shown: Shown }) {
  const list = useRef<HTMLDivElement>(null);
  const { messages, chat } = shown;
  const last = messages.at(-1)?.n ?? 0;
  useEffect(() => {
    list.current?.scrollTo(0, list.current.scrollHeight);
  }, [last]);
  return (
    <div class="log-scroll log-room" tabIndex={0} role="group" aria-label="The room as it was" ref={list}>
      {messages.length < last && <p class="log-note">{last - messages.length} earlier messages are not shown.</p>}
      {messages.length === 0 && <p class="log-note">Nothing was said yet.</p>}
      {messages.map((message) => (
        <Said key={message.n} message={message} others={messages} />
      ))}
      {chat?.seen.map(
        ({ userId, n }) =>
          n > 0 && (
            <p key={userId} class="log-note">
              {userId} has seen it up to message {n}.
            </p>
          ),
      )}
      {chat?.blockers.map((userId) => (
        <p key={userId} class="log-note">
          {userId} blocks the other.
        </p>
      ))}
    </div>
  );
}

function Said({ message, others }: { readonly message: MessageThen; readonly others: readonly MessageThen[] }) {
  const { n, at, sender, replyTo, editedAt, deleted, reactions, feeling } = message;
  const name = sender.name ?? `erased (${sender.id})`;
  const to = replyTo === null ? undefined : others.find(({ messageId }) => messageId === replyTo);
  const emojis = Map.groupBy(reactions, ({ emoji }) => emoji);
  return (
    <article class="message" data-n={n}>
      <Avatar id={sender.id} name={name} />
      <div class="body">
        <header>
          <strong>{name}</strong>
          {feeling !== null && <span class="feeling">is {feeling}</span>}
          <time dateTime={at}>{clockOf(at)}</time>
          <span class="mark">{n}</span>
        </header>
        {replyTo !== null && <blockquote>to message {to?.n ?? replyTo}</blockquote>}
        <p class={`text${deleted || goneOf(message) !== null ? ' deleted' : ''}`}>
          {deleted ? 'deleted' : (goneOf(message) ?? message.content)}
        </p>
        <footer>
          {editedAt !== null && !deleted && <span class="mark">edited</span>}
          {[...emojis].map(([emoji, by]) => (
            <span
              key={emoji}
              class="log-reaction"
              title={by.map(({ userName, userId }) => userName ?? userId).join(', ')}
            >
              {emoji} {by.length}
            </span>
          ))}
        </footer>
      </div>
    </article>
  );
}

const goneOf = ({ erased, sealed }: MessageThen): string | null => (erased ? 'erased' : sealed ? 'sealed' : null);
