import type { ConnectionState } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';

/** How the connection is, as it is: nothing where it stands. */
export function Connection({ connection, url }: { readonly connection: ConnectionState; readonly url: string }) {
  const { state, reason, code, retryInMs } = connection;
  const [left, setLeft] = useState(0);
  const isLate = useIsLate(state === 'connecting' && code === 0);
  const isKeptOut = useIsKeptOut(url, connection);
  useEffect(() => {
    if (retryInMs === undefined) return undefined;
    const due = Date.now() + retryInMs;
    const tell = () => {
      setLeft(Math.max(0, Math.ceil((due - Date.now()) / 1_000)));
    };
    tell();
    const timer = setInterval(tell, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, [connection]);
  return (
    <p class={`connection ${state}`} role="status">
      {isKeptOut && `${new URL(url).host} lets no page of ${location.origin} in: its ALLOWED_ORIGINS must name it. `}
      {state === 'connecting' && code === 0 && isLate && 'Connecting …'}
      {state === 'connecting' && code !== 0 && `Connecting … ${why(reason, code)}`}
      {state === 'connecting' && retryInMs !== undefined && left > 0 && ` Again in ${left} s.`}
      {state === 'disconnected' && `Not connected: ${why(reason, code)}`}
    </p>
  );
}

const why = (reason: string, code: number): string =>
  `${reason === '' ? 'the connection was lost' : reason} (${code}).`;

/** So long it is nothing to speak of that a connection is begun, or made anew with another token. */
const LATE_MS = 500;

function useIsLate(is: boolean): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!is) return undefined;
    const timer = setTimeout(() => {
      setLate(true);
    }, LATE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [is]);
  return isLate;
}

/** What a browser says of a connection that it could not have, for whatever reason. */
const LOST = 1006;

/** Whether the server is there, and refuses pages of this origin: no browser says that of a socket by itself. */
function useIsKeptOut(url: string, connection: ConnectionState): boolean {
  const [isKeptOut, setKeptOut] = useState(false);
  useEffect(() => {
    if (connection.state === 'connected') setKeptOut(false);
    if (connection.retryInMs === undefined || connection.code !== LOST) return undefined;
    if (new URL(url).origin === location.origin) return undefined;
    let isOver = false;
    void keepsOut(url).then((is) => {
      if (!isOver) setKeptOut(is);
    });
    return () => {
      isOver = true;
    };
  }, [url, connection]);
  return isKeptOut;
}

async function keepsOut(url: string): Promise<boolean> {
  const answers = (mode: RequestMode) =>
    fetch(new URL('/health/live', url), { mode, cache: 'no-store' }).then(
      () => true,
      () => false,
    );
  return !(await answers('cors')) && answers('no-cors');
}
