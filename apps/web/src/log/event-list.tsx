import type { Service } from '@parley/client/service';
import { Component } from 'preact';
import { useState } from 'preact/hooks';
import { deliveriesOf } from '../deliveries.js';
import { RoomField } from './room-field.js';
import { type Log, useLog } from './use-log.js';
import { Way } from './way.js';
import { type AnyEvent, authorOf, isToldOf, timeOf, TYPES } from './words.js';

interface Props {
  readonly service: Service;
  readonly rooms: readonly string[];
}

/** The events as they are appended, the newest first. */
export function EventList({ service, rooms }: Props) {
  const [room, setRoom] = useState('');
  const [type, setType] = useState('');
  const [isPaused, setPaused] = useState(false);
  const [chosen, setChosen] = useState<AnyEvent | null>(null);
  const selection = { ...(room !== '' && { room }), ...(type !== '' && { types: [type] }) };
  const log = useLog(service, selection, isPaused);
  if (log.state === 'absent') return <NotHere />;
  return (
    <>
      <div class="log-bar">
        <RoomField label="Room" value={room} rooms={rooms} placeholder="all rooms" onChoose={setRoom} />
        <label>
          Type
          <select
            value={type}
            onChange={({ currentTarget }) => {
              setType(currentTarget.value);
            }}
          >
            <option value="">all types</option>
            {TYPES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <button
          type="button"
          aria-pressed={isPaused}
          onClick={() => {
            setPaused(!isPaused);
          }}
        >
          Pause
        </button>
        <p class="log-state" role="status">
          {stateOf(log, isPaused)}
        </p>
      </div>
      {chosen && (
        <Way
          event={chosen}
          fold={log.foldOf(chosen.seq)}
          onClose={() => {
            setChosen(null);
          }}
        />
      )}
      <div class="log-scroll" tabIndex={0} role="group" aria-label="Events, the newest first">
        <table class="log-events">
          <thead>
            <tr>
              <th scope="col" class="number">
                Seq
              </th>
              <th scope="col" class="number">
                Stored
              </th>
              <th scope="col" class="number">
                <abbr title="Partition">P</abbr>
              </th>
              <th scope="col">Type</th>
              <th scope="col">Room</th>
              <th scope="col">Who</th>
              <th scope="col">Way</th>
            </tr>
          </thead>
          <tbody>
            {log.events.map((event) => (
              <Row
                key={event.seq}
                event={event}
                isFolded={log.foldOf(event.seq) !== undefined}
                deliveredTo={event.type === 'MessageCreated' ? deliveriesOf(String(event.messageId)).length : 0}
                isChosen={event.seq === chosen?.seq}
                onChoose={setChosen}
              />
            ))}
          </tbody>
        </table>
        {log.events.length === 0 && log.state === 'following' && <p class="log-note">Nothing yet. Say something.</p>}
      </div>
    </>
  );
}

/** Where the server has no such routes: asking again changes nothing. */
const NotHere = () => (
  <p>
    This server does not serve the log. A query process with <code>OPERATIONS=on</code> serves operators only: open the
    address of one without it, or of a standalone, instead.
  </p>
);

function stateOf({ state, reason, waiting, events }: Log, isPaused: boolean): string {
  if (state === 'connecting') return 'Connecting …';
  if (state === 'away') return `Away: ${reason}. Tried again.`;
  if (isPaused) return waiting === 0 ? 'Paused' : `Paused, ${waiting} more`;
  return events.length === 0 ? 'Following' : `Following, up to ${events[0]!.seq}`;
}

interface RowProps {
  readonly event: AnyEvent;
  readonly isFolded: boolean;
  /** To so many chats on this page. */
  readonly deliveredTo: number;
  readonly isChosen: boolean;
  readonly onChoose: (event: AnyEvent) => void;
}

/** Rendered again only where something of it is otherwise: there are hundreds. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return (Object.keys(next) as (keyof RowProps)[]).some((name) => next[name] !== this.props[name]);
  }

  override render({ event, isFolded, deliveredTo, isChosen, onChoose }: RowProps) {
    const { seq, storedAt, partition, type, room } = event;
    return (
      <tr
        class={isChosen ? 'chosen' : ''}
        onClick={() => {
          onChoose(event);
        }}
      >
        <td class="number">
          <button type="button" class="link" aria-label={`Event ${seq}`} aria-pressed={isChosen}>
            {seq}
          </button>
        </td>
        <td class="number">
          <time dateTime={storedAt}>{timeOf(storedAt)}</time>
        </td>
        <td class="number">{partition}</td>
        <td>{type || 'unknown'}</td>
        <td>{room ?? '–'}</td>
        <td>{authorOf(event) || '–'}</td>
        <td>
          <Dots event={event} isFolded={isFolded} deliveredTo={deliveredTo} />
        </td>
      </tr>
    );
  }
}

/** How far it has come. */
function Dots({ event, isFolded, deliveredTo: to }: Pick<RowProps, 'event' | 'isFolded' | 'deliveredTo'>) {
  const words = ['stored', isToldOf(event) && isFolded && 'folded', to > 0 && `delivered to ${to}`]
    .filter(Boolean)
    .join(', ');
  return (
    <span class="log-dots" role="img" aria-label={words} title={words}>
      <i class="on" />
      <i class={isFolded ? 'on' : ''} />
      <i class={to > 0 ? 'on' : ''} />
    </span>
  );
}
