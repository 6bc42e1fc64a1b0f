import { Service } from '@parley/client/service';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useGiven } from './address.js';
import { Chat } from './chat/chat.js';
import { Development } from './development.js';
import { Panel, PanelButtons, usePanel } from './panels.js';
import { isForDevelopment, isServiceToken, personOf, SERVER } from './server.js';

export function Page() {
  const [isDevelopment, setDevelopment] = useState<boolean | null>(null);
  const token = useGiven().get('token');
  useEffect(() => {
    if (token !== null || isDevelopment !== null) return;
    isForDevelopment().then(setDevelopment, () => {
      setDevelopment(false);
    });
  }, [token, isDevelopment]);
  if (token !== null) return isServiceToken(token) ? <WithServiceToken token={token} /> : <WithToken token={token} />;
  if (isDevelopment === null) return <p class="empty">Looking for the server …</p>;
  return isDevelopment ? <Development /> : <NoToken />;
}

function WithToken({ token }: { readonly token: string }) {
  const person = personOf(token);
  if (!person)
    return (
      <p class="empty" role="alert">
        What stands behind “#token=” in the address is no token.
      </p>
    );
  return (
    <main class="page">
      <Chat url={SERVER} person={person} others={[]} token={token} />
    </main>
  );
}

const NoToken = () => (
  <p class="empty" role="alert">
    This server gives out no tokens. Open this page with one of your application’s: add “#token=…” to the address.
  </p>
);

/** The surrounding application does not chat; it sees the whole. */
function WithServiceToken({ token }: { readonly token: string }) {
  const service = useMemo(() => new Service({ url: SERVER, token }), [token]);
  const [panel, showPanel] = usePanel('operations');
  return (
    <main class="page">
      <header class="bar">
        <h1>Parley</h1>
        <PanelButtons shown={panel} onShow={showPanel} isDevelopment={false} />
      </header>
      <div class="people">{panel !== null && <Panel id={panel} service={service} />}</div>
    </main>
  );
}
