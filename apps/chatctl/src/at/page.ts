import type { MessageDocument } from '#projections';
import type { Change, RoomThen } from './room-then.js';

/** As one object, for scripts. */
export function objectOf({ room, seq, storedAt, messages, changes, unfoldable }: RoomThen): object {
  return { room, seq, at: isoOf(storedAt), messages: messages.map(messageOf), changes, unfoldable };
}

function messageOf(message: MessageDocument): object {
  const { n, rev, messageId, at, sender, content, feeling, reactions } = message;
  const { replyTo = null, editedAt = null, deleted = false } = message;
  return { n, rev, messageId, at, sender, content, feeling, replyTo, reactions, editedAt, deleted };
}

/** As lines, for people. What others wrote is shown so that it cannot do anything to a terminal. */
export function* linesOf(then: RoomThen, withChanges: boolean): Generator<string, void> {
  const { room, seq, storedAt, messages, changes, unfoldable } = then;
  yield `${room} as of event ${seq}, ${isoOf(storedAt)}: ${messages.length} messages`;
  const numbers = new Map(messages.map(({ messageId, n }) => [messageId, n]));
  for (const message of messages) yield lineOf(message, numbers);
  for (const letter of unfoldable)
    yield `event ${letter.seq} is left out, it cannot be folded: ${plain(letter.reason)}`;
  if (!withChanges) return;
  yield changes.length === 0 ? 'nothing was edited or deleted until then' : 'edited and deleted until then:';
  for (const change of changes) yield changeLine(change);
}

function lineOf(message: MessageDocument, numbers: ReadonlyMap<string, number>): string {
  const { n, at, sender, content, replyTo, reactions, editedAt, deleted } = message;
  const to = replyTo === undefined ? '' : `, to message ${numbers.get(replyTo) ?? plain(replyTo)}`;
  const said = deleted ? 'deleted' : quoted(content);
  const edited = editedAt === undefined ? '' : `  edited ${editedAt}`;
  const emojis = Map.groupBy(reactions, ({ emoji }) => emoji);
  const reacted = [...emojis].map(
    ([emoji, by]) => `  ${plain(emoji)} ${plain(by.map(({ userName }) => userName).join(', '))}`,
  );
  return `${n}  ${at}  ${plain(sender.name)} (${plain(sender.id)})${to}: ${said}${edited}${reacted.join('')}`;
}

function changeLine({ seq, at, type, userId, n, before, after }: Change): string {
  const said = after === null ? quoted(before) : `${quoted(before)} → ${quoted(after)}`;
  return `event ${seq}  ${at}  ${plain(userId ?? 'nobody')} ${type} message ${n}: ${said}`;
}

const isoOf = (time: number): string => new Date(time).toISOString();

const quoted = (text: string): string => plain(JSON.stringify(text));

/**
 * Without the characters that a terminal acts upon, and those that show a text as another one than it is: the latter
 * turn or hide parts of it. The one that joins emojis stays.
 */
const plain = (text: string): string =>
  text.replace(/(?!\u200d)[\p{Cc}\p{Cf}]/gu, (control) =>
    control.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
