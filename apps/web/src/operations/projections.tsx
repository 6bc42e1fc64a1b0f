import type { OperationsStatus, PartitionStatus, ProjectionStatus } from '@parley/client/service';
import type { Rebuild, RunningRebuild } from './rebuild.js';
import { Table } from './table.js';
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
        {projections.map((each) => (
          <Row key={each.projection} status={each} rebuild={rebuild} />
        ))}
      </table>
      {neverRun.length > 0 && <p class="quiet">Never run here: {neverRun.join(', ')}.</p>}
      <p role="status" class="said">
        {rebuild.running ? `Rebuilding ${rebuild.running.projection} while people chat.` : rebuild.said}
      </p>
      {rebuild.running && <Progress running={rebuild.running} />}
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
    <tbody>
      <tr>
        <th scope="row">{name}</th>
        <td>{count(lagEvents)}</td>
        <td>{seconds(lagSeconds)}</td>
        <td>{count(Math.round(rate ?? 0))}</td>
        <td class={deadLetters > 0 ? 'bad' : ''}>{count(deadLetters)}</td>
        <td>
          {!building && (
            <button
              type="button"
              disabled={running !== null && !isRunning}
              aria-label={isRunning ? `Stop rebuilding ${name}` : `Rebuild ${name}`}
              onClick={() => {
                if (isRunning) rebuild.stop();
                else rebuild.start(name, 'rebuild');
              }}
            >
              {isRunning ? 'Stop' : 'Rebuild'}
            </button>
          )}
        </td>
      </tr>
      <tr class="quiet">
        <td colSpan={6}>
          version {projection.slice(name.length + 1)},{' '}
          {building ? 'being built' : workers.length === 0 ? 'nobody folds it' : `folded by ${workers.length}`}
        </td>
      </tr>
    </tbody>
  );
}

function Progress({ running: { projection, all, left } }: { readonly running: RunningRebuild }) {
  const done = all !== null && { max: Math.max(all, 1), value: all === 0 ? 1 : all - (left ?? 0) };
  return <progress aria-label={`Building ${projection}`} {...done} />;
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
      <Table
        columns={['partition', 'by', 'position', 'behind', 'seconds', 'events/s', 'dead']}
        rows={partitions.map((each) => ({
          key: each.partition,
          head: each.partition,
          cells: [
            letter(each),
            count(each.position),
            { shown: count(each.lagEvents), look: each.lagEvents > 0 ? 'warn' : '' },
            seconds(each.lagSeconds),
            each.rate === null ? '–' : count(Math.round(each.rate)),
            { shown: count(each.deadLetters), look: each.deadLetters > 0 ? 'bad' : '' },
          ],
        }))}
      />
    </details>
  );
}
