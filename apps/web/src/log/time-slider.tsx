import type { Service } from '@parley/client/service';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Past, type Shown } from './past.js';
import { RoomField } from './room-field.js';
import { RoomThen } from './room-then.js';
import { dayOf, timeOf } from './words.js';

interface Props {
  readonly service: Service;
  readonly rooms: readonly string[];
  /** Whether all of them are known. */
  readonly areListed: boolean;
}

const SPEEDS = [1, 10, 100];
const FRAME_MS = 50;

const messageOf = (error: unknown): string => (error as Error).message;

/** Any room as it was at any moment. */
export function TimeSlider({ service, rooms, areListed }: Props) {
  const [room, setRoom] = useState(rooms[0] ?? '');
  const [past, setPast] = useState<Past | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [opened, setOpened] = useState(0);
  useEffect(() => {
    let isOver = false;
    setPast(null);
    setFault(null);
    if (room === '') return undefined;
    Past.open(service, room).then(
      (next) => {
        if (!isOver) setPast(next);
      },
      (error: unknown) => {
        if (!isOver) setFault(messageOf(error));
      },
    );
    return () => {
      isOver = true;
    };
  }, [service, room, opened]);
  return (
    <>
      <div class="log-bar">
        <RoomField label="Room" value={room} rooms={rooms} placeholder="which room" onChoose={setRoom} />
        <button
          type="button"
          onClick={() => {
            setOpened(opened + 1);
          }}
        >
          Up to now
        </button>
      </div>
      {fault !== null && <p role="alert">{fault}</p>}
      {room === '' && (
        <p class="log-note">{areListed ? 'Nothing was said yet, or no room is chosen.' : 'No room is chosen.'}</p>
      )}
      {room !== '' && !past && fault === null && <p class="log-note">Folding …</p>}
      {past && <Player key={`${past.room} ${opened}`} past={past} />}
    </>
  );
}

function Player({ past }: { readonly past: Past }) {
  const [shown, setShown] = useState<Shown>(past.shown);
  const [time, setTime] = useState(past.last);
  const [speed, setSpeed] = useState(10);
  const [isPlaying, setPlaying] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  /** The last place that was asked for while another one was being asked. */
  const wanted = useRef<Parameters<Past['goTo']>[0] | null>(null);
  const position = useRef(time);
  position.current = time;

  const show = (to?: number) => {
    setShown(past.shown);
    setTime(to ?? past.shown.at);
  };
  const fail = (error: unknown) => {
    setPlaying(false);
    setFault(messageOf(error));
    return false;
  };
  /** Whether it succeeded. */
  const failing = (asking: Promise<unknown>) =>
    asking.then(() => {
      setFault(null);
      return true;
    }, fail);
  /**
   * One is asked after the other, and those that were passed over meanwhile not at all.
   * @returns whether it is there
   */
  const goTo = async (when: Parameters<Past['goTo']>[0]): Promise<boolean> => {
    const isUnderWay = wanted.current !== null;
    wanted.current = when;
    if (isUnderWay) return false;
    let isThere = false;
    setAsking(true);
    for (let next: typeof when | null = null; next !== wanted.current;) {
      next = wanted.current;
      isThere = await failing(past.goTo(next));
    }
    const last = wanted.current;
    wanted.current = null;
    setAsking(false);
    setShown(past.shown);
    if ('seq' in last) setTime(past.shown.at);
    return isThere;
  };
  const back = () => {
    setPlaying(false);
    if (past.shown.seq > past.firstSeq) void goTo({ seq: past.shown.seq - 1 });
  };
  const forward = () => {
    setPlaying(false);
    void failing(
      past.next().then((was) => {
        if (was) show();
      }),
    );
  };
  const play = async () => {
    if (isPlaying) {
      setPlaying(false);
      return;
    }
    if (position.current >= past.last) {
      setTime(past.first);
      if (!(await goTo({ time: past.first }))) return;
    }
    setPlaying(true);
  };

  useEffect(() => {
    if (!isPlaying) return undefined;
    let before = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      const next = Math.min(past.last, position.current + (now - before) * speed);
      before = now;
      position.current = next;
      past.playTo(next).catch((error: unknown) => {
        // Before the next one asks again.
        clearInterval(timer);
        fail(error);
      });
      show(next);
      if (next >= past.last && !past.isBehind) setPlaying(false);
    }, FRAME_MS);
    return () => {
      clearInterval(timer);
    };
  }, [isPlaying, speed, past]);

  return (
    <>
      <div class="log-player">
        <button type="button" onClick={() => void play()} aria-label={isPlaying ? 'Stop' : 'Play'}>
          {isPlaying ? '❚❚' : '▶'}
        </button>
        <div role="group" aria-label="Speed">
          {SPEEDS.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === speed}
              onClick={() => {
                setSpeed(each);
              }}
            >
              {each}×
            </button>
          ))}
        </div>
        <button type="button" onClick={back} aria-label="The event before">
          ⇤
        </button>
        <button type="button" onClick={forward} aria-label="The next event">
          ⇥
        </button>
        <input
          type="range"
          aria-label="When"
          aria-valuetext={`${dayOf(time)} ${timeOf(time)}, event ${shown.seq}`}
          min={past.first}
          max={past.last}
          step={1}
          value={time}
          onInput={({ currentTarget }) => {
            setPlaying(false);
            const next = Number(currentTarget.value);
            setTime(next);
            void goTo({ time: next });
          }}
          onKeyDown={(event) => {
            // A millisecond is no step for a key.
            const move = { ArrowLeft: back, ArrowDown: back, ArrowRight: forward, ArrowUp: forward }[event.key];
            if (!move) return;
            event.preventDefault();
            move();
          }}
        />
      </div>
      <p class="log-moment">
        <strong>
          {dayOf(time)} {timeOf(time)}
        </strong>
        <span data-seq={isAsking ? '' : shown.seq}>
          event {shown.seq} {shown.type !== '' && `· ${shown.type}`}
        </span>
        <span>stored {timeOf(shown.at)}</span>
      </p>
      {fault !== null && <p role="alert">{fault}</p>}
      <RoomThen shown={shown} />
    </>
  );
}
