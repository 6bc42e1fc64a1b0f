import type { RoomMessage, RoomName } from '@parley/client';
import { Operations, type Service } from '@parley/client/service';
import type { PaneClient } from '../clients.js';
import { type Counts, type LoggedLine, LogTally, PaneTally, SETTLED_MS } from './tally.js';

/** How often something is said, ms. */
const SAY_MS = 500;
/** How often it is held against the log, ms. */
const COMPARE_MS = 4_000;

/** How a client was from a moment on. */
export interface Moment {
  readonly at: number;
  readonly isConnected: boolean;
  readonly waiting: number;
}

/** A client of this page, with what it was told. */
export interface Watched {
  readonly client: PaneClient;
  readonly tally: PaneTally;
  readonly moments: Moment[];
  readonly off: () => void;
}

/** How far what everybody was told is what the log has. */
export interface Comparison {
  readonly at: number;
  readonly log: Counts;
  /** By the people's ids; of who was not connected for long enough there is none yet. */
  readonly panes: ReadonlyMap<string, Counts>;
}

/**
 * Says something twice a second by the first client of the page, and keeps what became of it: when it was acknowledged,
 * who was told of it and when, and what the log has of it.
 */
export class Probe {
  /** Told apart from those of another time. */
  readonly #run = Math.random().toString(36).slice(2, 6);
  #acknowledged = 0;
  readonly #log = new LogTally((text) => this.#probeOf(text));
  readonly #pattern = new RegExp(`^probe (\\d+) · ${this.#run}$`);
  #said = 0;
  #refused = 0;
  #watched: readonly Watched[] = [];
  #speaker: PaneClient | null = null;
  #room: RoomName = 'global';
  #isComparing = false;
  comparison: Comparison | null = null;
  readonly #timers: ReturnType<typeof setInterval>[];

  constructor(private readonly service: Service) {
    this.#timers = [
      setInterval(() => {
        this.#say();
      }, SAY_MS),
      setInterval(() => void this.compare(), COMPARE_MS),
    ];
  }

  get figures(): { readonly said: number; readonly acknowledged: number; readonly refused: number } {
    return { said: this.#said, acknowledged: this.#acknowledged, refused: this.#refused };
  }

  get watched(): readonly Watched[] {
    return this.#watched;
  }

  /** The clan's room where all of them are in it: that is flooded too. */
  get clan(): string | null {
    return this.#room === 'clan' ? (this.#speaker?.person.clan ?? null) : null;
  }

  /** From now on these are the clients of the page. */
  setClients(clients: readonly PaneClient[]): void {
    for (const { client, off } of this.#watched) if (!clients.includes(client)) off();
    const known = (client: PaneClient) => this.#watched.find((one) => one.client === client);
    const room = clients.every(({ person }) => person.clan !== null && person.clan === clients[0]?.person.clan)
      ? 'clan'
      : 'global';
    const isOther = room !== this.#room || clients[0] !== this.#speaker;
    this.#room = room;
    if (isOther) {
      for (const { off } of this.#watched) off();
      this.#watched = [];
    }
    // The log is asked what the speaker said: what another one did is held against it no more.
    if (clients[0] !== this.#speaker) this.#log.forget();
    this.#speaker = clients[0] ?? null;
    this.#watched = clients.map((client) => known(client) ?? this.#watch(client));
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const { off } of this.#watched) off();
  }

  #say(): void {
    const speaker = this.#speaker;
    if (!speaker) return;
    const probe = ++this.#said;
    speaker.rooms.send(this.#room, `probe ${probe} · ${this.#run}`, { id: `probe-${this.#run}-${probe}` }).then(
      () => {
        this.#acknowledged++;
        if (speaker === this.#speaker) this.#log.acknowledged(probe, Date.now());
      },
      () => this.#refused++,
    );
  }

  #probeOf(text: string): number | null {
    const [, number] = this.#pattern.exec(text) ?? [];
    return number === undefined ? null : Number(number);
  }

  #watch(client: PaneClient): Watched {
    const { rooms } = client;
    const tally = new PaneTally(this.#said + 1);
    const moments: Moment[] = [
      { at: Date.now(), isConnected: rooms.state.state === 'connected', waiting: rooms.pending.length },
    ];
    const now = (change: Partial<Moment>) => {
      moments.push({ ...moments.at(-1)!, ...change, at: Date.now() });
      if (moments.length > KEPT) moments.splice(0, KEPT / 2);
    };
    const toldOf = ({ _id: id, n, content }: RoomMessage) => ({ id, n, probe: this.#probeOf(content) });
    const offs = [
      rooms.on('state', ({ state }) => {
        now({ isConnected: state === 'connected' });
      }),
      rooms.on('pending', ({ length }) => {
        now({ waiting: length });
      }),
      rooms.on('message', ({ room, message }) => {
        if (room !== this.#room) return;
        const { id, n, probe } = toldOf(message);
        tally.message(id, n, probe);
      }),
      rooms.on('reset', ({ room, messages }) => {
        if (room === this.#room) tally.reset(messages.map(toldOf));
      }),
    ];
    const off = () => {
      for (const end of offs) end();
    };
    return { client, tally, moments, off };
  }

  /** Holds what was told against the log itself, not the read models, once more. */
  async compare(): Promise<void> {
    const speaker = this.#speaker;
    if (!speaker || this.#isComparing) return;
    this.#isComparing = true;
    try {
      if (this.#log.after === null) {
        // What is in the log by now is from before: but for the first probes, which have not to be there again.
        const { streams } = await new Operations(this.service).status();
        this.#log.after = Math.max(0, (streams[0]?.lastSeq ?? 0) - BEFORE);
      }
      const at = Date.now();
      const due = await this.#log.read(
        (after) => this.service.lines<LoggedLine>(`/players/${speaker.person.id}/export`, { after }),
        at,
      );
      if (!due) return;
      for (const { tally } of this.#watched) tally.due(due);
      const panes = this.#watched
        .filter(({ moments }) => isSettled(moments, at))
        .map(({ client, tally }) => [client.person.id, tally.counts] as const);
      this.comparison = { at, log: this.#log.counts, panes: new Map(panes) };
    } catch {
      // The server is away, as it was wanted to be: the next time.
    } finally {
      this.#isComparing = false;
    }
  }
}

const KEPT = 2_000;
/** So many events before the first look belong to it, at most. */
const BEFORE = 1_000;

/** Who was not connected for a while has yet to be told of some. */
function isSettled(moments: readonly Moment[], at: number): boolean {
  const last = moments.findLast(({ isConnected }) => !isConnected);
  const isConnected = moments.at(-1)!.isConnected;
  const since =
    last === undefined ? moments[0]!.at : (moments.find((one) => one.at >= last.at && one.isConnected)?.at ?? at);
  return isConnected && since < at - SETTLED_MS;
}
