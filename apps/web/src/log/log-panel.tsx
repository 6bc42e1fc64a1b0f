import { RequestFailed } from '@parley/client';
import type { Service } from '@parley/client/service';
import { useEffect, useState } from 'preact/hooks';
import { EventList } from './event-list.js';
import './log.css';
import { TimeSlider } from './time-slider.js';

/** The log beside the chats: what is appended to it, and the rooms as they were at any moment of it. */
export default function LogPanel({ service }: { readonly service: Service }) {
  const [isLive, setLive] = useState(true);
  const [rooms, setRooms] = useState<readonly string[] | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    service.rooms().then(
      ({ data, next }) => {
        const others = data.filter((room) => room !== 'global');
        // On a later page it may be.
        setRooms(next !== null || others.length < data.length ? ['global', ...others] : others);
        setFault(null);
      },
      (error: unknown) => {
        // What was listed before is there still.
        setRooms((before) => before ?? []);
        // Of a log that is not served the list of events says so.
        const isAbsent = error instanceof RequestFailed && error.status === 404;
        setFault(isAbsent && isLive ? null : (error as Error).message);
      },
    );
  }, [service, isLive]);
  const view = (live: boolean, label: string) => (
    <button
      type="button"
      aria-pressed={isLive === live}
      onClick={() => {
        setLive(live);
      }}
    >
      {label}
    </button>
  );
  return (
    <div class="log">
      <div class="log-views" role="group" aria-label="Of the log">
        {view(true, 'As it is appended')}
        {view(false, 'A room as it was')}
      </div>
      {fault !== null && <p role="alert">The rooms cannot be listed: {fault}. One can be named still.</p>}
      {isLive && <EventList service={service} rooms={rooms ?? []} />}
      {!isLive && rooms && <TimeSlider service={service} rooms={rooms} areListed={fault === null} />}
    </div>
  );
}
