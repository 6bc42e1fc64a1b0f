import type { OperationsStatus, PartitionStatus, ProjectionStatus } from '@parley/client/service';
import type { Rebuild } from './rebuild.js';
import { count, seconds } from './words.js';

interface Props {
  readonly status: OperationsStatus;
  readonly rebuild: Rebuild;
}

/** Who folds what, and how far it is. */
export function Projections({ status: { projections, neverRun }, rebuild }: Props) {
  return (
    <section>
      <h3>Projections</h3>
      <table class="projections">
        <thead>
          <tr>
            <th scope="col">projection</th>
            <th scope="col">behind</th>
            <th scope="col">seconds</th>
            <th scope="col">events/s</th>
            <th scope="col">dead</th>
            <th scope="col">
              <span class="unseen">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {projections.map((each) => (
            <Row key={each.projection} status={each} rebuild={rebuild} />
          ))}
        </tbody>
      </table>
      {neverRun.length > 0 && <p class="quiet">Never run here: {neverRun.join(', ')}.</p>}
      <p role="status" class="said">
        {rebuild.running ? 'Rebuilding ' + rebuild.running.projection + ' while people chat.' : rebuild.said}
      </p>
      {projections.map((each) => (
        <Partitions key={each.projection} status={each} />
      ))}
    </section>
  );
}

const nameOf = (projection: string): string => projection.replace(/-\d+$/, '');

function Row({ status, rebuild }: { readonly status: ProjectionStatus; readonly rebuild: Rebuild }) {
  const { projection, building, workers, lagEvents, lagSeconds, rate, deadLetters } = status;
  const name = nameOf(projection);
  const { running } = rebuild;
  const isRunning = running?.projection === name;
  return (
    <tr>
      <th scope="row">
        {projection}
        <span class="quiet">
          {building ? 'being built' : workers.length === 0 ? 'nobody folds it' : `folded by ${workers.length}`}
        </span>
      </th>
      <td>{count(lagEvents)}</td>
      <td>{seconds(lagSeconds)}</td>
      <td>{count(Math.round(rate ?? 0))}</td>
      <td class={deadLetters > 0 ? 'bad' : ''}>{count(deadLetters)}</td>
      <td>
        {!building && !isRunning && (
          <button
            type="button"
            disabled={running !== null}
            aria-label={`Rebuild ${name}`}
            onClick={() => {
              rebuild.start(name, 'rebuild');
            }}
          >
            Rebuild
          </button>
        )}
        {!building && isRunning && (
          <span class="running">
            <progress
              aria-label={`Building ${name}`}
              {...(running.all !== null && {
                max: Math.max(running.all, 1),
                value: running.all === 0 ? 1 : running.all - (running.left ?? 0),
              })}
            />
            <button type="button" onClick={rebuild.stop}>
              Stop
            </button>
          </span>
        )}
      </td>
    </tr>
  );
}

function Partitions({ status: { projection, workers, partitions } }: { readonly status: ProjectionStatus }) {
  const owners = [...new Set(partitions.flatMap(({ owner }) => owner ?? []))];
  const letter = ({ owner, present }: PartitionStatus) =>
    owner === null ? '–' : present ? String.fromCharCode(97 + (owners.indexOf(owner) % 26)) : '?';
  return (
    <details>
      <summary>Partitions of {projection}</summary>
      <p class="quiet">
        {workers.map((worker) => (
          <span key={worker} class="worker">
            {owners.includes(worker) ? `${String.fromCharCode(97 + (owners.indexOf(worker) % 26))}: ` : ''}
            {worker}
          </span>
        ))}
        {workers.length === 0 && 'Nobody folds it.'}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">partition</th>
            <th scope="col">by</th>
            <th scope="col">position</th>
            <th scope="col">behind</th>
            <th scope="col">seconds</th>
            <th scope="col">events/s</th>
            <th scope="col">dead</th>
          </tr>
        </thead>
        <tbody>
          {partitions.map((each) => (
            <tr key={each.partition}>
              <th scope="row">{each.partition}</th>
              <td>{letter(each)}</td>
              <td>{count(each.position)}</td>
              <td class={each.lagEvents > 0 ? 'warn' : ''}>{count(each.lagEvents)}</td>
              <td>{seconds(each.lagSeconds)}</td>
              <td>{each.rate === null ? '–' : count(Math.round(each.rate))}</td>
              <td class={each.deadLetters > 0 ? 'bad' : ''}>{count(each.deadLetters)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
