import type { Service } from '@parley/client/service';
import { useEffect, useState } from 'preact/hooks';
import { useClients } from '../clients.js';
import '../figures.css';
import './break-it.css';
import { type FaultKind, KINDS, useFaults } from './faults.js';
import { Lanes } from './lanes.js';
import { Probe } from './probe.js';
import { seen } from './seen.js';
import type { Counts } from './tally.js';

const kinds = Object.keys(KINDS) as FaultKind[];

/** What breaks, and what those who chat on this page see of it. */
export default function BreakPanel({ service }: { readonly service: Service }) {
  const clients = useClients();
  const [probe, setProbe] = useState<Probe | null>(null);
  const [now, setNow] = useState(Date.now());
  const { faults, spared, isAnswering, press } = useFaults();
  useEffect(() => {
    const begun = new Probe(service);
    setProbe(begun);
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 250);
    return () => {
      clearInterval(timer);
      begun.stop();
    };
  }, [service]);
  useEffect(() => {
    probe?.setClients(clients);
  }, [probe, clients]);
  if (!probe) return null;
  const isBroken = (kind: FaultKind) => faults.some((fault) => fault.kind === kind && fault.until === null);
  return (
    <div class="break-it">
      <section>
        <div class="faults" role="group" aria-label="Break it">
          {kinds.map((kind) => (
            <button
              key={kind}
              type="button"
              disabled={spared[kind] !== undefined || isBroken(kind)}
              title={spared[kind]}
              onClick={() => {
                press(kind, probe.clan);
              }}
            >
              {KINDS[kind].button}
            </button>
          ))}
        </div>
        {Object.values(spared).map((why) => (
          <p key={why} class="quiet">
            {why}.
          </p>
        ))}
        <p role="status" class={isAnswering ? 'quiet' : 'warn'}>
          {isAnswering ? 'Each mends by itself within seconds.' : 'The server does not answer.'}
        </p>
      </section>
      <Verdict probe={probe} now={now} />
      <Lanes faults={faults} watched={probe.watched} now={now} />
      <section>
        <h3>What was broken, and what was seen of it</h3>
        {faults.length === 0 && <p class="quiet">Nothing yet.</p>}
        <ol class="seen">
          {faults.toReversed().map((fault) => (
            <li key={fault.id}>
              <strong>
                {new Date(fault.from).toLocaleTimeString()} {KINDS[fault.kind].done}
              </strong>
              {fault.until === null ? ', still' : ` for ${((fault.until - fault.from) / 1_000).toFixed(1)} s`}
              {fault.said !== null && <span class="quiet">{fault.said}</span>}
              {probe.watched.map(({ client, moments }) => (
                <span key={client.person.id} class="quiet">
                  {client.person.name}: {seen(moments, fault, now)}
                </span>
              ))}
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

const NONE: Counts = { told: 0, lost: 0, doubled: 0, disordered: 0 };

/** What was said, and what became of it, by the log itself. */
function Verdict({ probe, now }: { readonly probe: Probe; readonly now: number }) {
  const { said, acknowledged, refused } = probe.figures;
  const { comparison } = probe;
  const rows: readonly (readonly [id: string, name: string, counts: Counts | null])[] = [
    ['', 'the log', comparison?.log ?? null],
    ...probe.watched.map(
      ({ client: { person } }) => [person.id, person.name, comparison?.panes.get(person.id) ?? null] as const,
    ),
  ];
  const sum = (of: keyof Counts) => rows.reduce((total, [, , counts]) => total + (counts ?? NONE)[of], 0);
  const [lost, doubled, disordered] = [sum('lost'), sum('doubled'), sum('disordered')];
  const isWhole = lost + doubled + disordered === 0;
  return (
    <section>
      <div class="verdict">
        <Figure value={lost} label="lost" isBad={lost > 0} />
        <Figure value={doubled} label="doubled" isBad={doubled > 0} />
        <Figure value={disordered} label="out of order" isBad={disordered > 0} />
        <Figure value={said - acknowledged - refused} label="waiting" isBad={false} />
      </div>
      <p class="quiet">
        {said} said by this page, two a second; {acknowledged} acknowledged{refused > 0 && `, ${refused} refused`}.{' '}
        {comparison
          ? `Held against the log ${Math.max(0, Math.round((now - comparison.at) / 1_000))} s ago: ${isWhole ? 'all is there, once, in order.' : 'not all is as it should be.'}`
          : 'Not held against the log yet.'}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">held against the log</th>
            <th scope="col">has</th>
            <th scope="col">lost</th>
            <th scope="col">doubled</th>
            <th scope="col">out of order</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([id, name, counts]) => (
            <tr key={id}>
              <th scope="row">{name}</th>
              {counts === null ? (
                <td colSpan={4} class="quiet">
                  {comparison ? 'is not connected yet' : '…'}
                </td>
              ) : (
                [counts.told, counts.lost, counts.doubled, counts.disordered].map((value, i) => (
                  <td key={i} class={i > 0 && value > 0 ? 'bad' : ''}>
                    {value}
                  </td>
                ))
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const Figure = ({
  value,
  label,
  isBad,
}: {
  readonly value: number;
  readonly label: string;
  readonly isBad: boolean;
}) => (
  <div class={isBad ? 'figure bad' : 'figure'}>
    <strong>{value}</strong> {label}
  </div>
);
