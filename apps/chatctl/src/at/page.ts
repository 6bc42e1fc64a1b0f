import {
  type ChatThen,
  type ChangeThen,
  isoOf,
  type MessageDocument,
  messageThenView,
  type RoomThen,
  roomThenView,
  type TextsThen,
} from '#projections';
import { plain, quoted } from '../output.js';

const MESSAGES = '"messages":[';

/** As one line of JSON, a message at a time: all of a large room would be held twice more. */
export function* jsonOf(then: RoomThen): Generator<string, void> {
  const { messages, texts } = then;
  const rest = JSON.stringify(roomThenView({ ...then, messages: [] }));
  // What stands before it is no text of anybody.
  const at = rest.indexOf(MESSAGES) + MESSAGES.length;
  yield rest.slice(0, at);
  for (const [i, message] of messages.entries()) {
    yield `${i === 0 ? '' : ','}${JSON.stringify(messageThenView(message, texts))}`;
  }
  yield `${rest.slice(at)}\n`;
}

/** As lines, for people. What others wrote is shown so that it cannot do anything to a terminal. */
export function* linesOf(then: RoomThen, withChanges: boolean): Generator<string, void> {
  for (const line of rows(then, withChanges)) yield `${line}\n`;
}

function* rows(then: RoomThen, withChanges: boolean): Generator<string, void> {
  const { room, seq, storedAt, messages, texts, changes, chat, unfoldable } = then;
  yield `${room} as of event ${seq}, ${isoOf(storedAt)}: ${messages.length} messages`;
  const numbers = new Map(messages.map(({ messageId, n }) => [messageId, n]));
  for (const message of messages) yield lineOf(message, numbers, texts);
  if (chat) yield* chatLines(chat);
  for (const letter of unfoldable)
    yield `event ${letter.seq} is left out, it cannot be folded: ${plain(letter.reason)}`;
  if (!withChanges) return;
  yield changes.length === 0 ? 'nothing was edited or deleted until then' : 'edited and deleted until then:';
  for (const change of changes) yield changeLine(change);
}

function* chatLines({ seen, blockers }: ChatThen): Generator<string, void> {
  for (const { userId, n } of seen) if (n > 0) yield `${plain(userId)} has seen it up to message ${n}`;
  for (const userId of blockers) yield `${plain(userId)} blocks the other`;
}

function lineOf(message: MessageDocument, numbers: ReadonlyMap<string, number>, texts: TextsThen): string {
  const { n, at, messageId, sender, content, replyTo, reactions, editedAt, deleted } = message;
  const to = replyTo === undefined ? '' : `, to message ${numbers.get(replyTo) ?? plain(replyTo)}`;
  const said = deleted ? 'deleted' : (texts.goneOf(messageId) ?? quoted(content));
  const edited = editedAt === undefined ? '' : `  edited ${editedAt}`;
  const emojis = Map.groupBy(reactions, ({ emoji }) => emoji);
  const reacted = [...emojis].map(
    ([emoji, by]) => `  ${plain(emoji)} ${plain(by.map(({ userName }) => userName).join(', '))}`,
  );
  return `${n}  ${at}  ${plain(sender.name)} (${plain(sender.id)})${to}: ${said}${edited}${reacted.join('')}`;
}

function changeLine({ seq, at, type, userId, n, before, after }: ChangeThen): string {
  const said = type === 'deleted' ? textOf(before) : `${textOf(before)} → ${textOf(after)}`;
  return `event ${seq}  ${at}  ${plain(userId ?? 'nobody')} ${type} message ${n}: ${said}`;
}

/** What is not to be had is said to be gone. */
export const textOf = (text: string | null): string => (text === null ? '(gone)' : quoted(text));
