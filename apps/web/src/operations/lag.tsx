import { type Look, SHOWN_MS } from './status.js';
import { count } from './words.js';

const WIDTH = 600;
const HEIGHT = 90;
/** That few behind look like none. */
const LEAST = 10;

/** How far behind each projection was, as lines that move. */
export function Lag({ history }: { readonly history: readonly Look[] }) {
  const last = history.at(-1);
  if (!last) return null;
  const names = [...new Set(history.flatMap(({ lags }) => Object.keys(lags)))];
  const most = Math.max(LEAST, ...history.flatMap(({ lags }) => Object.values(lags)));
  const line = (name: string) =>
    history
      .filter(({ lags }) => lags[name] !== undefined)
      .map(({ at, lags }) => {
        const x = WIDTH - ((last.at - at) / SHOWN_MS) * WIDTH;
        const y = HEIGHT - 2 - (lags[name]! / most) * (HEIGHT - 6);
        return `${x.toFixed(1)},${y.toFixed(1)}`;
      })
      .join(' ');
  return (
    <section>
      <h3>Events behind the log</h3>
      <figure class="lag">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label="Events behind the log, in the last two minutes"
        >
          <line class="ground" x1="0" x2={WIDTH} y1={HEIGHT - 2} y2={HEIGHT - 2} />
          {names.map((name, i) => (
            <polyline key={name} class={`line-${i % 4}`} points={line(name)} />
          ))}
        </svg>
        <span class="most">{count(most)}</span>
        <figcaption>
          {names.map((name, i) => (
            <span key={name} class={`key line-${i % 4}`}>
              {name}: {last.lags[name] === undefined ? 'gone' : count(last.lags[name])}
            </span>
          ))}
          <span class="quiet">the last two minutes</span>
        </figcaption>
      </figure>
    </section>
  );
}
