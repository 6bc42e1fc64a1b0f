import { memo } from 'preact/compat';
import { useState } from 'preact/hooks';
import { piecesOf } from './links.js';
import type { Line, Talk, Waiting } from './talk.js';

const EMOJIS = ['👍', '❤️', '😂', '🎉', '😮', '😢'];

// Made once: a new one for each message takes longer than all the rest of it.
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const timeOf = (at: string | number) => clock.format(new Date(at));

const letters = new Intl.Segmenter();
const firstOf = (name: string) => [...letters.segment(name)][0]?.segment.toUpperCase() ?? '?';

/** Of the colours one for each id; those of ids that follow each other are far apart. */
function hueOf(id: string): number {
  let sum = 0;
  for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) % 100_003;
  return Math.round((sum * 137.508) % 360);
}

export function Avatar({ id, name }: { readonly id: string; readonly name: string }) {
  return (
    <span class="avatar" style={{ '--hue': String(hueOf(id)) }} aria-hidden="true">
      {firstOf(name)}
    </span>
  );
}

function Text({ text }: { readonly text: string }) {
  return (
    <p class="text">
      {piecesOf(text).map((piece, i) =>
        piece.href === undefined ? (
          piece.text
        ) : (
          <a key={i} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ),
      )}
    </p>
  );
}

interface MessageProps {
  readonly line: Line;
  readonly me: string;
  readonly talk: Talk;
  /** Whether the one before is by the same person, a short time ago. */
  readonly goesOn: boolean;
  readonly original: Line | null;
  readonly onReply: (line: Line) => void;
  readonly onFault: (fault: unknown) => void;
}

/** Made anew only where what it is given has changed: as one scrolls, all but a few stay as they are. */
export const Message = memo(function Message({ line, me, talk, goesOn, original, onReply, onFault }: MessageProps) {
  const [isEdited, setEdited] = useState(false);
  const isMine = line.author.id === me;
  return (
    <article class={`message${isMine ? ' mine' : ''}${goesOn ? ' goes-on' : ''}`} data-n={line.n}>
      {goesOn ? <span class="avatar-space" /> : <Avatar {...line.author} />}
      <div class="body">
        {!goesOn && (
          <header>
            <strong>{line.author.name}</strong>
            {line.feeling !== null && <span class="feeling">is {line.feeling}</span>}
            <time dateTime={line.at}>{timeOf(line.at)}</time>
          </header>
        )}
        {original && (
          <blockquote>
            <strong>{original.author.name}</strong> {original.isDeleted ? 'a deleted message' : original.text}
          </blockquote>
        )}
        {line.isDeleted ? (
          <p class="text deleted">deleted</p>
        ) : isEdited ? (
          <Edit
            text={line.text}
            onEnd={(text) => {
              setEdited(false);
              if (text !== null && text !== line.text) talk.edit(line.id, text).catch(onFault);
            }}
          />
        ) : (
          <Text text={line.text} />
        )}
        <footer>
          {line.isEdited && !line.isDeleted && <span class="mark">edited</span>}
          {line.isSeen !== null && <span class="mark">{line.isSeen ? 'seen' : 'delivered'}</span>}
          {talk.react && <Reactions line={line} mine={talk.reactionTo(line)} react={talk.react} onFault={onFault} />}
        </footer>
      </div>
      {!line.isDeleted && !isEdited && (
        <div class="actions">
          {talk.react && <Picker line={line} react={talk.react} onFault={onFault} />}
          <button
            type="button"
            title="Reply"
            aria-label={`Reply to ${line.author.name}`}
            onClick={() => {
              onReply(line);
            }}
          >
            ↩
          </button>
          {isMine && (
            <>
              <button
                type="button"
                title="Edit"
                aria-label="Edit this message"
                onClick={() => {
                  setEdited(true);
                }}
              >
                ✎
              </button>
              <button
                type="button"
                title="Delete"
                aria-label="Delete this message"
                onClick={() => {
                  talk.remove(line.id).catch(onFault);
                }}
              >
                ✕
              </button>
            </>
          )}
        </div>
      )}
    </article>
  );
});

interface ReactionProps {
  readonly line: Line;
  readonly react: (id: string, emoji: string) => Promise<void>;
  readonly onFault: (fault: unknown) => void;
}

function Reactions({ line, mine, react, onFault }: ReactionProps & { readonly mine: string | null }) {
  const byEmoji = Map.groupBy(line.reactions, ({ emoji }) => emoji);
  return (
    <>
      {[...byEmoji].map(([emoji, all]) => {
        const isMine = emoji === mine;
        const names = all.map(({ name }) => name).join(', ');
        return (
          <button
            key={emoji}
            type="button"
            class="reaction"
            aria-pressed={isMine}
            aria-label={`${emoji} ${all.length} by ${names}`}
            title={names}
            onClick={() => {
              react(line.id, isMine ? '' : emoji).catch(onFault);
            }}
          >
            {emoji} {all.length}
          </button>
        );
      })}
    </>
  );
}

function Picker({ line, react, onFault }: ReactionProps) {
  const [isOpen, setOpen] = useState(false);
  const open = (is: boolean) => {
    setOpen(is);
  };
  return (
    <span
      class="picker"
      onKeyDown={({ key }) => {
        if (key === 'Escape') open(false);
      }}
      onMouseLeave={() => {
        open(false);
      }}
    >
      <button
        type="button"
        title="React"
        aria-label="React to this message"
        aria-expanded={isOpen}
        onClick={() => {
          open(!isOpen);
        }}
      >
        ☺
      </button>
      {isOpen && (
        <span class="emojis" role="group" aria-label="Reactions">
          {EMOJIS.map((emoji) => (
            <button
              key={emoji}
              type="button"
              onClick={() => {
                open(false);
                react(line.id, emoji).catch(onFault);
              }}
            >
              {emoji}
            </button>
          ))}
        </span>
      )}
    </span>
  );
}

/** @param onEnd told what it says now; null where it was not to be changed after all */
function Edit({ text, onEnd }: { readonly text: string; readonly onEnd: (text: string | null) => void }) {
  const [now, setNow] = useState(text);
  return (
    <form
      class="edit"
      onSubmit={(event) => {
        event.preventDefault();
        onEnd(now.trim() === '' ? null : now);
      }}
    >
      <input
        aria-label="What the message says"
        value={now}
        ref={(input) => input?.focus()}
        onInput={({ currentTarget }) => {
          setNow(currentTarget.value);
        }}
        onKeyDown={({ key }) => {
          if (key === 'Escape') onEnd(null);
        }}
      />
      <button type="submit">Save</button>
    </form>
  );
}

const STATES = { sending: 'sending …', stored: 'stored', refused: 'not sent' };

interface WaitingProps {
  readonly waiting: Waiting;
  readonly isConnected: boolean;
  readonly onAgain: () => void;
  readonly onDismiss: () => void;
}

/** What is no message yet, or never will be. */
export function WaitingMessage({ waiting, isConnected, onAgain, onDismiss }: WaitingProps) {
  const { state, text, at, reason } = waiting;
  const word = state === 'sending' && !isConnected ? 'waits for the connection' : STATES[state];
  return (
    <article class={`message mine waiting ${state}`}>
      <span class="avatar-space" />
      <div class="body">
        <Text text={text} />
        <footer>
          <span class="mark">
            {word}
            {reason !== null && `: ${reason}`} · <time dateTime={new Date(at).toISOString()}>{timeOf(at)}</time>
          </span>
          {state === 'refused' && (
            <>
              <button type="button" class="link" onClick={onAgain}>
                Try again
              </button>
              <button type="button" class="link" onClick={onDismiss}>
                Discard
              </button>
            </>
          )}
        </footer>
      </div>
    </article>
  );
}
