import { useEffect, useState } from 'preact/hooks';

/** What the address says behind its `#`, which no server gets to see: `as=8`, `beside=9`, `panel=log`, `token=…`. */
export const given = (): URLSearchParams => new URLSearchParams(location.hash.slice(1));

/** The same, whenever it changes: by {@link setGiven}, or by whoever writes another address. */
export function useGiven(): URLSearchParams {
  const [now, setNow] = useState(given);
  useEffect(() => {
    const hear = () => {
      setNow(given());
    };
    addEventListener('hashchange', hear);
    return () => {
      removeEventListener('hashchange', hear);
    };
  }, []);
  return now;
}

/** Changes some of it; null takes it away. */
export function setGiven(changes: Readonly<Record<string, string | null>>): void {
  const all = given();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) all.delete(name);
    else all.set(name, value);
  }
  history.replaceState(null, '', `#${all}`);
  // Of what is replaced so, browsers tell nobody.
  dispatchEvent(new Event('hashchange'));
}
