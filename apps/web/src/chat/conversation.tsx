import type { ConnectionState } from '@parley/client';
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { VList as ListOfReact, type VListHandle } from 'virtua';
import type { AllHTMLAttributes, ComponentChild, JSX, Ref } from 'preact';
import { Composer } from './composer.js';
import { Message, WaitingMessage } from './message.js';
import type { Line, Talk, Waiting } from './talk.js';

interface Props<Row> extends Omit<AllHTMLAttributes<HTMLDivElement>, 'children' | 'data' | 'onScroll' | 'ref'> {
  readonly ref: Ref<VListHandle>;
  readonly data: readonly Row[];
  /** Whether rows were added before the first. */
  readonly shift: boolean;
  readonly children: (row: Row) => ComponentChild;
  readonly onScroll: (offset: number) => void;
}

/** A list of which only what is seen is in the page; its types are React's, and it runs on Preact. */
export const VList = ListOfReact as unknown as <Row>(props: Props<Row>) => JSX.Element;

type Row =
  | { readonly kind: 'day'; readonly key: string; readonly day: string }
  | { readonly kind: 'line'; readonly key: string; readonly line: Line; readonly goesOn: boolean }
  | { readonly kind: 'waiting'; readonly key: string; readonly waiting: Waiting };

/** Of one person, so shortly after each other, messages stand together. */
const TOGETHER_MS = 120_000;
/** So near to an edge, in pixels, one is at it. */
const NEAR_PX = 120;
/** Older ones are read when so many times what is seen is left above. */
const AHEAD = 2;

const dayOf = (at: string) => new Date(at).toDateString();

function nameOfDay(at: string): string {
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (dayOf(at) === today.toDateString()) return 'Today';
  if (dayOf(at) === yesterday.toDateString()) return 'Yesterday';
  return new Date(at).toLocaleDateString(undefined, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
}

interface RowsOfLine {
  readonly before: Line | undefined;
  readonly today: string;
  readonly rows: readonly Row[];
}

/** Made once for each line: there may be thousands, and some more come at a time. */
const known = new WeakMap<Line, RowsOfLine>();

function rowsOfLine(line: Line, before: Line | undefined, today: string): readonly Row[] {
  const made = known.get(line);
  if (made && made.before === before && made.today === today) return made.rows;
  const isNewDay = !before || dayOf(before.at) !== dayOf(line.at);
  const goesOn =
    !isNewDay &&
    before.author.id === line.author.id &&
    before.author.name === line.author.name &&
    line.feeling === null &&
    Date.parse(line.at) - Date.parse(before.at) < TOGETHER_MS;
  const row = { kind: 'line', key: line.id, line, goesOn } as const;
  const rows: readonly Row[] = isNewDay ? [{ kind: 'day', key: `day ${line.n}`, day: nameOfDay(line.at) }, row] : [row];
  known.set(line, { before, today, rows });
  return rows;
}

function rowsOf(lines: readonly Line[], waiting: readonly Waiting[], today: string): readonly Row[] {
  const rows = lines.flatMap((line, i) => rowsOfLine(line, lines[i - 1], today));
  for (const each of waiting) rows.push({ kind: 'waiting', key: each.id, waiting: each });
  return rows;
}

/** Finds lines by their ids; nothing is made of them before one is looked for. */
function finderOf(lines: readonly Line[]): (id: string) => Line | null {
  let byId: ReadonlyMap<string, Line> | undefined;
  return (id) => {
    byId ??= new Map(lines.map((line) => [line.id, line]));
    return byId.get(id) ?? null;
  };
}

interface ConversationProps {
  readonly talk: Talk;
  readonly title: string;
  readonly subtitle: string;
  readonly me: { readonly id: string; readonly name: string };
  readonly connection: ConnectionState;
  readonly onBack: () => void;
}

/** A room or a direct chat: its messages by day, and what one says in it. */
export function Conversation({ talk, title, subtitle, me, connection, onBack }: ConversationProps) {
  const list = useRef<VListHandle>(null);
  const isAtEnd = useRef(true);
  const isLoading = useRef(false);
  const [reply, setReply] = useState<Line | null>(null);
  const [fault, setFault] = useState('');
  const { lines, waiting } = talk;
  const first = lines[0]?.n ?? 0;
  const firstBefore = useRef(first);
  const today = new Date().toDateString();
  const rows = useMemo(() => rowsOf(lines, waiting, today), [lines, waiting.length === 0 ? null : waiting, today]);
  const find = useMemo(() => finderOf(lines), [lines]);
  const isShifted = first < firstBefore.current;
  useLayoutEffect(() => {
    firstBefore.current = first;
  }, [first]);
  useLayoutEffect(() => {
    if (isAtEnd.current && rows.length > 0) list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [rows.length]);
  const isConnected = connection.state === 'connected';
  const onFault = useCallback((error: unknown) => {
    setFault(error instanceof Error ? error.message : String(error));
  }, []);
  const onScroll = (offset: number) => {
    const { scrollSize, viewportSize } = list.current!;
    isAtEnd.current = offset + viewportSize > scrollSize - NEAR_PX;
    if (offset > AHEAD * viewportSize || !talk.hasOlder || isLoading.current || lines.length === 0) return;
    isLoading.current = true;
    talk
      .loadOlder()
      .catch(onFault)
      .finally(() => (isLoading.current = false));
  };
  return (
    <section class="conversation">
      <header>
        <button type="button" class="back" aria-label="Back to the list of chats" onClick={onBack}>
          ‹
        </button>
        <h2>{title}</h2>
        <span class="subtitle">{subtitle}</span>
      </header>
      <VList
        ref={list}
        class="messages"
        role="log"
        aria-label={`Messages in ${title}`}
        tabIndex={0}
        shift={isShifted}
        data={rows}
        onScroll={onScroll}
      >
        {(row: Row) =>
          row.kind === 'day' ? (
            <h3 key={row.key} class="day">
              {row.day}
            </h3>
          ) : row.kind === 'line' ? (
            <Message
              key={row.key}
              line={row.line}
              goesOn={row.goesOn}
              original={row.line.replyTo === null ? null : find(row.line.replyTo)}
              me={me.id}
              {...{ talk, onFault, onReply: setReply }}
            />
          ) : (
            <WaitingMessage
              key={row.key}
              waiting={row.waiting}
              isConnected={isConnected}
              onAgain={() => {
                talk.dismiss(row.waiting.id);
                talk.say(row.waiting.text, row.waiting.saying);
              }}
              onDismiss={() => {
                talk.dismiss(row.waiting.id);
              }}
            />
          )
        }
      </VList>
      {lines.length === 0 && isConnected && <p class="empty">Nothing was said here yet.</p>}
      <p class="typing" aria-live="polite">
        {talk.typers.length > 0 && `${talk.typers.join(', ')} ${talk.typers.length === 1 ? 'is' : 'are'} typing …`}
      </p>
      {fault !== '' && (
        <p class="fault" role="alert">
          {fault}
          <button
            type="button"
            class="link"
            onClick={() => {
              setFault('');
            }}
          >
            Close
          </button>
        </p>
      )}
      <Composer
        title={title}
        hasFeelings={talk.hasFeelings}
        reply={reply}
        onNoReply={() => {
          setReply(null);
        }}
        onType={talk.typing}
        onSay={(text, feeling) => {
          isAtEnd.current = true;
          talk.say(text, { ...(feeling !== '' && { feeling }), ...(reply && { replyTo: reply.id }) });
          setReply(null);
          list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
        }}
      />
    </section>
  );
}
