import {
  type DeadLetter,
  type GatewayConnections,
  type KeptVersion,
  Operations,
  type Service,
} from '@parley/client/service';
import { RequestFailed } from '@parley/client';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Lag } from './lag.js';
import '../figures.css';
import './operations.css';
import { Projections } from './projections.js';
import { useRebuild } from './rebuild.js';
import { useStatus } from './status.js';
import { Table } from './table.js';
import { bytes, count, time } from './words.js';

/** How far the projections are, and what goes wrong: what `chatctl` shows. */
export default function OperationsPanel({ service }: { readonly service: Service }) {
  const operations = useMemo(() => new Operations(service), [service]);
  const { status, history, fault } = useStatus(operations);
  const [turn, setTurn] = useState(0);
  const rebuild = useRebuild(operations, () => {
    setTurn((now) => now + 1);
  });
  if (fault instanceof RequestFailed && fault.status === 404) return <NotHere />;
  if (!status) return <p role="status">{fault ? `It cannot be asked: ${fault.message}` : 'Looking …'}</p>;
  const letters = status.projections.reduce((sum, { building, deadLetters }) => sum + (building ? 0 : deadLetters), 0);
  return (
    <div class="operations">
      {fault && <p role="status">{`As it last was: ${fault.message}`}</p>}
      <Lag history={history} />
      <Projections status={status} rebuild={rebuild} />
      <DeadLetters operations={operations} rebuild={rebuild} count={letters} />
      <Versions
        operations={operations}
        turn={`${turn} ${status.projections.map(({ projection }) => projection).join()}`}
      />
      <Connections operations={operations} />
      <section>
        <h3>Streams</h3>
        <Table
          columns={['stream', 'records', 'size', 'last']}
          rows={status.streams.map(({ name, messages, bytes: size, lastSeq }) => ({
            key: name,
            head: name,
            cells: [count(messages), bytes(size), count(lastSeq)],
          }))}
        />
      </section>
    </div>
  );
}

const NotHere = () => (
  <p>
    This server does not serve operators. Start a query process with <code>OPERATIONS=on</code> and the users of
    chatctl, or a standalone with it, and open its address instead.
  </p>
);

type LettersProps = {
  readonly operations: Operations;
  readonly rebuild: ReturnType<typeof useRebuild>;
  readonly count: number;
};

function DeadLetters({ operations, rebuild, count: there }: LettersProps) {
  const [{ data, total }, setLetters] = useState<{ readonly data: readonly DeadLetter[]; readonly total: number }>({
    data: [],
    total: 0,
  });
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    operations.deadLetters(50).then(
      (letters) => {
        setLetters(letters);
        setFault(null);
      },
      (error: unknown) => {
        setFault((error as Error).message);
      },
    );
  }, [operations, there]);
  const projections = [...new Set(data.map(({ projection }) => projection))];
  return (
    <section>
      <h3>Dead letters</h3>
      {fault !== null && <p role="status">They cannot be listed: {fault}</p>}
      {total === 0 && fault === null && <p class="quiet">None: every event could be taken in.</p>}
      {total > 0 && (
        <>
          <ul class="letters">
            {data.map(({ projection, partition, seq, reason, at, type }) => (
              <li key={`${projection} ${seq}`}>
                <span class="quiet">
                  {projection}, partition {partition}, event {seq}, {type ?? 'no type'}, {time(at)}
                </span>
                <span>{reason}</span>
              </li>
            ))}
          </ul>
          {total > data.length && <p class="quiet">And {count(total - data.length)} more.</p>}
          {projections.map((projection) => (
            <button
              key={projection}
              type="button"
              disabled={rebuild.running !== null}
              onClick={() => {
                rebuild.start(projection, 'refold');
              }}
            >
              Take those of {projection} in again
            </button>
          ))}
        </>
      )}
    </section>
  );
}

function Versions({ operations, turn }: { readonly operations: Operations; readonly turn: string }) {
  const [versions, setVersions] = useState<readonly KeptVersion[]>([]);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    operations.versions().then(
      (kept) => {
        setVersions(kept);
        setFault(null);
      },
      (error: unknown) => {
        setFault((error as Error).message);
      },
    );
  }, [operations, turn]);
  return (
    <section>
      <h3>Versions</h3>
      {fault !== null && <p role="status">They cannot be listed: {fault}</p>}
      {versions.length === 0 && fault === null && (
        <p class="quiet">The read models are in memory, of one version each.</p>
      )}
      {versions.length > 0 && (
        <Table
          columns={['projection', 'version', 'format', 'state']}
          rows={versions.map(({ projection, version, format, state }) => ({
            key: `${projection} ${version}`,
            head: projection,
            cells: [version, format, { shown: state, look: state === 'served' ? 'good' : '' }],
          }))}
        />
      )}
    </section>
  );
}

/** Before it is asked again, ms. */
const LOOK_MS = 3_000;

function Connections({ operations }: { readonly operations: Operations }) {
  const [{ gateways, fault }, setLooked] = useState<{
    readonly gateways: readonly GatewayConnections[] | null;
    readonly fault: string;
  }>({ gateways: null, fault: '' });
  useEffect(() => {
    const look = () => {
      operations.gateways().then(
        (there) => {
          setLooked({ gateways: there, fault: '' });
        },
        (error: unknown) => {
          setLooked({ gateways: null, fault: (error as Error).message });
        },
      );
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => {
      clearInterval(timer);
    };
  }, [operations]);
  return (
    <section>
      <h3>Connections</h3>
      {fault !== '' && <p class="quiet">No gateway is reached at this address: {fault}</p>}
      {gateways && (
        <Table
          columns={['gateway', 'rooms', 'direct', 'people']}
          rows={gateways.map(({ gateway, rooms, direct, people }) => ({
            key: gateway,
            head: gateway,
            cells: [count(rooms), count(direct), count(people)],
          }))}
        />
      )}
    </section>
  );
}
