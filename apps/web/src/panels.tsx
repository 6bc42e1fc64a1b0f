import type { Service } from '@parley/client/service';
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { setGiven, useGiven } from './address.js';

/** What can be looked at beside the chat, or without one. Each is loaded when it is first shown. */
const PANELS = {
  log: { label: 'Log', load: () => import('./log/log-panel.js'), isForDevelopment: false },
  operations: { label: 'Operations', load: () => import('./operations/operations-panel.js'), isForDevelopment: false },
  break: { label: 'Break it', load: () => import('./break-it/break-panel.js'), isForDevelopment: true },
} as const satisfies Record<string, PanelEntry>;

interface PanelEntry {
  readonly label: string;
  readonly load: () => Promise<{ readonly default: ComponentType<PanelProps> }>;
  readonly isForDevelopment: boolean;
}

export type PanelId = keyof typeof PANELS;

export interface PanelProps {
  readonly service: Service;
}

const isPanel = (id: string | null): id is PanelId => id !== null && Object.hasOwn(PANELS, id);

/** Which one is shown, as the address has it. */
export function usePanel(first: PanelId | null = null): [PanelId | null, (id: PanelId | null) => void] {
  const id = useGiven().get('panel');
  const show = (next: PanelId | null) => {
    // Where one is shown at first, the address says that it was closed.
    setGiven({ panel: next ?? (first && 'none') });
  };
  return [isPanel(id) ? id : id === null ? first : null, show];
}

interface PanelButtonsProps {
  readonly shown: PanelId | null;
  readonly onShow: (id: PanelId | null) => void;
  readonly isDevelopment: boolean;
}

export function PanelButtons({ shown, onShow, isDevelopment }: PanelButtonsProps) {
  const ids = Object.keys(PANELS).filter(isPanel);
  return (
    <div class="panel-buttons" role="group" aria-label="Look at">
      {ids
        .filter((id) => isDevelopment || !PANELS[id].isForDevelopment)
        .map((id) => (
          <button
            key={id}
            type="button"
            aria-pressed={id === shown}
            onClick={() => {
              onShow(id === shown ? null : id);
            }}
          >
            {PANELS[id].label}
          </button>
        ))}
    </div>
  );
}

export function Panel({ id, service }: PanelProps & { readonly id: PanelId }) {
  const [loaded, setLoaded] = useState<{ readonly id: PanelId; readonly Shown: ComponentType<PanelProps> } | null>(
    null,
  );
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    setFault(null);
    PANELS[id].load().then(
      ({ default: Shown }) => {
        setLoaded({ id, Shown });
      },
      () => {
        setFault('This could not be loaded. Is the server away? Show it again when it is back.');
      },
    );
  }, [id]);
  return (
    <section class="panel" aria-label={PANELS[id].label}>
      {fault !== null && <p role="alert">{fault}</p>}
      {loaded?.id === id && <loaded.Shown service={service} />}
    </section>
  );
}
