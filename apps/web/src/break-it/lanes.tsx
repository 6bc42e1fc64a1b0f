import { type Fault, type FaultKind, KINDS } from './faults.js';
import type { Moment, Watched } from './probe.js';

/** So long it shows, ms. */
const SHOWN_MS = 60_000;
const WIDTH = 600;
const LANE = 22;

const NAMES: Record<FaultKind, string> = {
  projector: 'projector',
  gateway: 'gateway',
  nats: 'NATS',
  network: 'network',
  flood: 'flood',
};

interface LanesProps {
  readonly faults: readonly Fault[];
  readonly watched: readonly Watched[];
  readonly now: number;
}

interface Bar {
  readonly from: number;
  readonly until: number;
  readonly kind: 'broken' | 'well' | 'waits' | 'away';
}

/** The last minute: what was broken, and how those who chat fared. */
export function Lanes({ faults, watched, now }: LanesProps) {
  const kinds = Object.keys(KINDS) as FaultKind[];
  const lanes = [
    ...kinds.map((kind) => ({
      id: `fault ${kind}`,
      name: NAMES[kind],
      bars: faults.filter((fault) => fault.kind === kind).map(broken(now)),
    })),
    ...watched.map(({ client, moments }) => ({
      id: client.person.id,
      name: client.person.name,
      bars: fared(moments, now),
    })),
  ];
  const from = now - SHOWN_MS;
  const x = (at: number) => ((Math.max(at, from) - from) / SHOWN_MS) * WIDTH;
  return (
    <section>
      <h3>The last minute</h3>
      <div class="lanes">
        {lanes.map(({ id, name, bars }) => (
          <div key={id} class="lane">
            <span>{name}</span>
            <svg viewBox={`0 0 ${WIDTH} ${LANE}`} preserveAspectRatio="none" aria-hidden="true">
              {bars
                .filter(({ until }) => until > from)
                .map((bar) => (
                  <rect
                    key={bar.from}
                    class={bar.kind}
                    x={x(bar.from)}
                    width={Math.max(2, x(bar.until) - x(bar.from))}
                    y="4"
                    height={LANE - 8}
                  />
                ))}
            </svg>
          </div>
        ))}
        <p class="legend quiet">
          <span class="broken">broken</span> <span class="well">connected</span>{' '}
          <span class="waits">something waits</span> <span class="away">no connection</span>
        </p>
      </div>
    </section>
  );
}

const broken =
  (now: number) =>
  ({ from, until }: Fault): Bar => ({ from, until: until ?? now, kind: 'broken' });

function fared(moments: readonly Moment[], now: number): Bar[] {
  const bars: Bar[] = [];
  moments.forEach(({ at, isConnected, waiting }, i) => {
    const until = moments[i + 1]?.at ?? now;
    // What was just said waits for a moment: only longer is worth showing.
    const waits = waiting > 1 || (waiting === 1 && until - at > LONG_MS);
    const kind = !isConnected ? 'away' : waits ? 'waits' : 'well';
    const last = bars.at(-1);
    if (last?.kind === kind) bars[bars.length - 1] = { ...last, until };
    else bars.push({ from: at, until, kind });
  });
  return bars;
}

const LONG_MS = 600;
