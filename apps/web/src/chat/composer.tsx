import { useRef, useState } from 'preact/hooks';
import type { Line } from './talk.js';

const FEELINGS = ['happy', 'sad', 'angry', 'surprised', 'in love', 'tired'];
/** The server's own limit of a message, in characters. */
const MAX_TEXT = 4_000;

interface ComposerProps {
  readonly title: string;
  readonly hasFeelings: boolean;
  readonly reply: Line | null;
  readonly onNoReply: () => void;
  readonly onType: () => void;
  readonly onSay: (text: string, feeling: string) => void;
}

export function Composer({ title, hasFeelings, reply, onNoReply, onType, onSay }: ComposerProps) {
  const [text, setText] = useState('');
  const [feeling, setFeeling] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const say = () => {
    if (text.trim() === '') return;
    onSay(text, feeling);
    setText('');
    setFeeling('');
    field.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      {reply && (
        <p class="reply">
          Reply to <strong>{reply.author.name}</strong>: {reply.text}
          <button type="button" class="link" onClick={onNoReply}>
            No reply
          </button>
        </p>
      )}
      <textarea
        ref={field}
        rows={1}
        maxLength={MAX_TEXT}
        aria-label={`Message to ${title}`}
        placeholder="Message"
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          onType();
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          say();
        }}
      />
      {hasFeelings && (
        <select
          aria-label="How one feels"
          value={feeling}
          onChange={({ currentTarget }) => {
            setFeeling(currentTarget.value);
          }}
        >
          <option value="">no feeling</option>
          {FEELINGS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      )}
      <button type="submit">Send</button>
    </form>
  );
}
