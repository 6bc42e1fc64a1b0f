import { Service } from '@parley/client/service';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { setGiven, useGiven } from './address.js';
import { Chat } from './chat/chat.js';
import { Panel, PanelButtons, usePanel } from './panels.js';
import { keepPeople, knownPeople, type Person } from './people.js';
import { developmentServiceToken, developmentToken, SERVER } from './server.js';

/** Anybody can be anybody: the page of a server that was started to try it. */
export function Development() {
  const [people, setPeople] = useState(knownPeople);
  const address = useGiven();
  const shown = { as: address.get('as') ?? people[0]!.id, beside: address.get('beside') };
  const show: (next: typeof shown) => void = setGiven;
  const [panel, showPanel] = usePanel();
  const service = useMemo(() => new Service({ url: SERVER, token: developmentServiceToken }), []);
  useEffect(() => {
    keepPeople(people);
  }, [people]);
  const of = (id: string) => people.find((person) => person.id === id) ?? people[0]!;
  const second = people.find(({ id }) => id !== shown.as)!;
  return (
    <main class="page">
      <header class="bar">
        <h1>Parley</h1>
        <Switch
          label="You are"
          people={people}
          value={shown.as}
          onSwitch={(as) => {
            show({ ...shown, as });
          }}
        />
        <label class="beside">
          <input
            type="checkbox"
            checked={shown.beside !== null}
            onChange={({ currentTarget }) => {
              show({ ...shown, beside: currentTarget.checked ? second.id : null });
            }}
          />
          somebody beside
        </label>
        {shown.beside !== null && (
          <Switch
            label="Beside"
            people={people}
            value={shown.beside}
            onSwitch={(beside) => {
              show({ ...shown, beside });
            }}
          />
        )}
        <NewPerson
          people={people}
          onMade={(person) => {
            setPeople([...people, person]);
            show({ ...shown, as: person.id });
          }}
        />
        <PanelButtons shown={panel} onShow={showPanel} isDevelopment />
      </header>
      <div class="people">
        <Pane key={`as ${shown.as}`} person={of(shown.as)} people={people} />
        {shown.beside !== null && <Pane key={`beside ${shown.beside}`} person={of(shown.beside)} people={people} />}
        {panel !== null && <Panel id={panel} service={service} />}
      </div>
    </main>
  );
}

function Pane({ person, people }: { readonly person: Person; readonly people: readonly Person[] }) {
  const token = useCallback(() => developmentToken(person), [person]);
  return (
    <section class="pane" aria-label={`The chat of ${person.name}`}>
      <Chat url={SERVER} person={person} others={people.filter(({ id }) => id !== person.id)} token={token} />
    </section>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly people: readonly Person[];
  readonly value: string;
  readonly onSwitch: (id: string) => void;
}

function Switch({ label, people, value, onSwitch }: SwitchProps) {
  return (
    <label class="switch">
      {label}
      <select
        value={value}
        onChange={({ currentTarget }) => {
          onSwitch(currentTarget.value);
        }}
      >
        {people.map(({ id, name, clan }) => (
          <option key={id} value={id}>
            {name} {clan === null ? '' : `(clan ${clan})`}
          </option>
        ))}
      </select>
    </label>
  );
}

function NewPerson({
  people,
  onMade,
}: {
  readonly people: readonly Person[];
  readonly onMade: (person: Person) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  if (!isOpen)
    return (
      <button
        type="button"
        onClick={() => {
          setOpen(true);
        }}
      >
        New person
      </button>
    );
  return (
    <form
      class="new-person"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const [name, clan] = ['name', 'clan'].map((field) => (form.get(field) as string).trim());
        if (name === '') return;
        setOpen(false);
        const id = String(Math.max(...people.map((person) => Number(person.id))) + 1);
        onMade({ id, name: name!, clan: clan === '' ? null : clan! });
      }}
    >
      <input name="name" aria-label="Name" placeholder="Name" required maxLength={64} ref={(input) => input?.focus()} />
      <input name="clan" aria-label="Clan" placeholder="Clan, if any" maxLength={64} />
      <button type="submit">Make</button>
    </form>
  );
}
