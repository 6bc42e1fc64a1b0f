import type { ConnectionState } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { Chat, type Only, type Token, tokenOf } from '../chat/chat.js';
import type { Person } from '../people.js';
import { personOf } from '../server.js';

interface EmbeddedProps {
  readonly server: string;
  /** As the attribute has it; empty for the whole chat. */
  readonly room: string;
  readonly token: Token | null;
  /** Tells the surrounding page. */
  readonly onTell: (type: 'parley-state' | 'parley-error', detail: unknown) => void;
}

interface Someone {
  readonly person: Person;
  readonly token: Token;
}

/** What is alone shown of the chat; null for all of it, undefined where there is no such room. */
function onlyOf(room: string): Only | null | undefined {
  if (room === '') return null;
  if (room === 'global' || room === 'clan') return room;
  const userId = Number(/^direct:([1-9]\d*)$/.exec(room)?.[1]);
  return Number.isSafeInteger(userId) ? { direct: userId } : undefined;
}

const isAddress = (server: string): boolean => ['http:', 'https:'].includes(URL.parse(server)?.protocol ?? '');

/** The chat in the element, or what is the matter with what the element was given. */
export function Embedded({ server, room, token, onTell }: EmbeddedProps) {
  const [someone, setSomeone] = useState<Someone | null>(null);
  const [tokenFault, setTokenFault] = useState<string | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    setTokenFault(null);
    if (token === null) {
      setSomeone(null);
      return undefined;
    }
    let isOver = false;
    const take = (text: string) => {
      const person = personOf(text);
      if (!person) throw new Error('what was given is no token');
      if (!isOver) setSomeone({ person, token });
    };
    tokenOf(token)
      .then(take)
      .catch((error: unknown) => {
        if (isOver) return;
        setSomeone(null);
        setTokenFault(error instanceof Error ? error.message : String(error));
      });
    return () => {
      isOver = true;
    };
  }, [token, tries]);
  const onState = useCallback(
    (state: ConnectionState) => {
      onTell('parley-state', state);
    },
    [onTell],
  );
  const only = onlyOf(room);
  const fault = !isAddress(server)
    ? `“${server}” is no address of a server: it begins with https:// or http://.`
    : only === undefined
      ? `There is no room “${room}”: it is global, clan, or direct:<user id>.`
      : tokenFault === null
        ? null
        : `No token could be had: ${tokenFault}.`;
  useEffect(() => {
    if (fault !== null) onTell('parley-error', { message: fault });
  }, [fault, onTell]);
  if (fault !== null || only === undefined)
    return (
      <p class="empty" role="alert">
        {fault}
        {tokenFault !== null && (
          <button
            type="button"
            class="link"
            onClick={() => {
              setTries(tries + 1);
            }}
          >
            Try again
          </button>
        )}
      </p>
    );
  if (!someone) return <p class="empty">{token === null ? 'Waiting for a token …' : ''}</p>;
  return <Chat key={room} url={server} only={only} others={[]} onState={onState} {...someone} />;
}
