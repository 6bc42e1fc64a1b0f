import type { ConnectionState } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';

/** How the connection is, as it is: nothing where it stands. */
export function Connection({ connection }: { readonly connection: ConnectionState }) {
  const { state, reason, code, retryInMs } = connection;
  const [left, setLeft] = useState(0);
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
      {state === 'connecting' && `Connecting … ${code === 0 ? '' : why(reason, code)}`}
      {state === 'connecting' && retryInMs !== undefined && left > 0 && ` Again in ${left} s.`}
      {state === 'disconnected' && `Not connected: ${why(reason, code)}`}
    </p>
  );
}

const why = (reason: string, code: number): string =>
  `${reason === '' ? 'the connection was lost' : reason} (${code}).`;
