import type { LogFold } from '@parley/client/service';
import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { deliveriesOf, onDelivery } from '../deliveries.js';
import { type AnyEvent, authorOf, dayOf, furtherOf, isToldOf, textOf, timeOf } from './words.js';

interface Props {
  readonly event: AnyEvent;
  readonly fold: LogFold | undefined;
  readonly onClose: () => void;
}

/** One event, what it says, and its way: each time by the clock that it is of. */
export function Way({ event, fold, onClose }: Props) {
  const [, setSeen] = useState(0);
  useEffect(
    () =>
      onDelivery(() => {
        setSeen((n) => n + 1);
      }),
    [],
  );
  const { seq, at, type, version, room, partition, storedAt, messageId } = event;
  const said = textOf(event);
  const stored = Date.parse(storedAt);
  const deliveries = type === 'MessageCreated' ? deliveriesOf(String(messageId)) : [];
  return (
    <section class="log-way" aria-label={`Event ${seq}`}>
      <header>
        <h3>
          {type} <small>version {version}</small>
        </h3>
        <button type="button" onClick={onClose} aria-label={`Close event ${seq}`}>
          ✕
        </button>
      </header>
      {said && <p class={said.isThere ? 'log-said' : 'log-said gone'}>{said.text}</p>}
      <dl>
        <dt>by</dt>
        <dd>{authorOf(event) || '–'}</dd>
        <dt>room</dt>
        <dd>{room}</dd>
        <dt>partition</dt>
        <dd>{partition}</dd>
        {typeof messageId === 'string' && (
          <>
            <dt>message</dt>
            <dd>{messageId}</dd>
          </>
        )}
        {furtherOf(event).map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      <h4>Its way</h4>
      <ol>
        {typeof at === 'string' && (
          <Step name="decided" at={at} since={stored}>
            by who took the command, by their clock
          </Step>
        )}
        <Step name="stored" at={storedAt} since={stored}>
          as event {seq}, by the log’s clock · {dayOf(storedAt)}
        </Step>
        {fold ? (
          <Step name="folded" at={fold.at} since={stored}>
            into {fold.projection} {fold.version}, when the query side was told, by its clock
          </Step>
        ) : (
          <Missing name="folded">
            {isToldOf(event)
              ? 'not told of here: it was before this was looked at, or is not yet'
              : 'of such an event nothing is told'}
          </Missing>
        )}
        {deliveries.map((delivery, i) => (
          <Step key={i} name="delivered" at={delivery.at} since={stored}>
            to the chat of {delivery.to} on this page, by this browser’s clock
          </Step>
        ))}
        {deliveries.length === 0 && (
          <Missing name="delivered">
            {type === 'MessageCreated' ? 'to no chat on this page' : 'timed here for new messages only'}
          </Missing>
        )}
      </ol>
      <p class="log-note">Behind each time is how long after the storing that is, as exact as the clocks agree.</p>
    </section>
  );
}

interface StepProps {
  readonly name: string;
  readonly at: string | number;
  /** ms since 1970. */
  readonly since: number;
  readonly children: ComponentChildren;
}

function Step({ name, at, since, children }: StepProps) {
  const time = typeof at === 'string' ? Date.parse(at) : at;
  const ms = time - since;
  return (
    <li data-step={name} data-at={time}>
      <strong>{name}</strong>
      <time dateTime={new Date(time).toISOString()}>{timeOf(time)}</time>
      <span class="log-ms">{name === 'stored' ? '' : `${ms < 0 ? '−' : '+'}${Math.abs(ms)} ms`}</span>
      <span class="log-clock">{children}</span>
    </li>
  );
}

const Missing = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <li class="missing">
    <strong>{name}</strong>
    <span class="log-clock">{children}</span>
  </li>
);
