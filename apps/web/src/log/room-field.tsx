import { useId } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly rooms: readonly string[];
  readonly placeholder: string;
  readonly onChoose: (room: string) => void;
}

/** One of the rooms that are known, or another one, as the log names it. */
export function RoomField({ label, value, rooms, placeholder, onChoose }: Props) {
  const id = useId();
  return (
    <label>
      {label}
      <input
        list={id}
        defaultValue={value}
        placeholder={placeholder}
        spellcheck={false}
        onChange={({ currentTarget }) => {
          onChoose(currentTarget.value.trim());
        }}
      />
      <datalist id={id}>
        {rooms.map((room) => (
          <option key={room} value={room} />
        ))}
      </datalist>
    </label>
  );
}
