import type { LogEvent, UnreadableLogEvent } from '@parley/client/service';

export type AnyEvent = LogEvent | UnreadableLogEvent;

/** Those that the timeline tells the gateways of. */
const TOLD = new Set(['MessageCreated', 'MessageEdited', 'MessageDeleted', 'ReactionAdded', 'ReactionRemoved']);

export const TYPES: readonly string[] = [
  ...TOLD,
  ...[
    'ChatCreated',
    'MessagesSeen',
    'PersonBlocked',
    'PersonUnblocked',
    'MemberJoined',
    'MemberLeft',
    'ProfileChanged',
  ],
  ...['PersonMuted', 'PersonUnmuted', 'PersonBanned', 'PersonUnbanned', 'SlowModeChanged', 'UserErased'],
];

export const isToldOf = ({ type }: AnyEvent): boolean => TOLD.has(type);

/** What every event has, and is shown in a place of its own. */
const COMMON = new Set(
  'seq at type version room storedAt partition erased sealed unreadable id messageId content sender'.split(' '),
);

interface Sender {
  readonly id: string;
  readonly name: string | null;
}

/** Whose doing it is, as far as it says. */
export function authorOf(event: AnyEvent): string {
  const { sender, by, userId, senderId } = event as Readonly<Record<string, unknown>>;
  if (sender) {
    const { id, name } = sender as Sender;
    return name === null ? id : `${name} (${id})`;
  }
  const id = by ?? userId ?? senderId;
  return typeof id === 'string' ? id : '';
}

/** What else it says, a name and a value each. */
export const furtherOf = (event: AnyEvent): readonly (readonly [string, string])[] =>
  Object.entries(event)
    .filter(([name, value]) => !COMMON.has(name) && value !== null)
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);

/** What it says in words, or why that is not there; null where it says nothing. */
export function textOf(event: AnyEvent): { readonly text: string; readonly isThere: boolean } | null {
  if ('unreadable' in event) return { text: `it cannot be read: ${String(event.unreadable)}`, isThere: false };
  const { content, erased, sealed } = event;
  if (typeof content === 'string') return { text: content, isThere: true };
  if (erased) return { text: 'erased: nobody can read it any more', isThere: false };
  if (sealed) return { text: 'sealed: the server has no key for it', isThere: false };
  return null;
}

/** With milliseconds. */
export function timeOf(at: string | number): string {
  const time = new Date(at);
  const clock = time.toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
  return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

export const dayOf = (at: string | number): string =>
  new Date(at).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
