import { setTimeout as sleep } from 'node:timers/promises';
import { CommandRefused } from '#client';
import type { Room } from '#domain';
import { oneOf, seededRandom } from '../../seeded-random.js';
import type { Command, History, Shown, Told } from '../evidence.js';

export interface Addresses {
  readonly url: string;
  readonly httpUrl: string;
  readonly secret: string;
}

/** About how often each does something, in milliseconds. */
const PACE = 2_500;
export const BACKOFF = { minMs: 200, maxMs: 3_000 };
/** Among so many of their latest messages of a room people choose the one that they change. */
const CHOSEN_AMONG = 10;

type Given = Pick<Command, 'kind' | 'room'> & { readonly target?: string };

/** Somebody with one client of the library, who says and does things at random, and keeps what they are told. */
export abstract class Someone {
  readonly history: History;
  readonly #lastN = new Map<Room, number>();
  /** Up to where they were told anything that was said: what is hidden from them, or was deleted before, is not. */
  readonly #spokenN = new Map<Room, number>();
  readonly #known = new Map<Room, Map<number, Shown>>();
  readonly #changed = new Set<string>();
  #count = 0;
  #unsettled = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly userId: string,
    device: string,
    private readonly random: () => number,
  ) {
    this.history = { client: `${userId}${device}`, userId, told: [], listed: new Set(), commands: [] };
  }

  /** How many of their commands have no end yet. */
  get unsettled(): number {
    return this.#unsettled;
  }

  abstract get isConnected(): boolean;
  abstract disconnect(): void;
  abstract get rooms(): readonly Room[];
  /** The whole history of one of their rooms as they are shown it over HTTP, oldest first. */
  abstract read(room: Room): Promise<Shown[]>;
  protected abstract act(random: () => number): void;
  /** What the library has not had acknowledged, the latest last. */
  protected abstract get pending(): readonly { readonly id: string }[];

  /** The last message of a room that they were told. */
  lastOf(room: Room): number {
    return this.#lastN.get(room) ?? 0;
  }

  /** The messages of a room as they were told them last. */
  knownOf(room: Room): ReadonlyMap<number, Shown> {
    return this.#known.get(room) ?? new Map<number, Shown>();
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      await sleep(this.random() * 2 * PACE);
      if (this.#stopping) return;
      // What it draws depends on what they have been told; the next thing follows from the seed all the same.
      this.act(seededRandom(this.random() * 2 ** 32));
    }
  }

  /** @param send resolves with what it was acknowledged as; `text` is empty where nothing is said */
  protected give({ kind, room, target }: Given, send: (text: string, id: string) => Promise<string>): void {
    const id = `${this.history.client}-${++this.#count}`;
    // It ends so that none is a part of another one.
    const content = kind === 'message' || kind === 'edit' ? `said ${id}.` : null;
    const knownN = this.#spokenN.get(room) ?? 0;
    const sending = send(content ?? '', id);
    const command: Command = {
      // What is no message has an id that the library gave it.
      commandId: this.pending.at(-1)?.id ?? id,
      ...{ userId: this.userId, kind, room, content, target: target ?? null, knownN },
      ...{ givenAt: Date.now(), endedAt: null, ackedAs: null, refused: null },
    };
    this.history.commands.push(command);
    this.#unsettled++;
    sending
      .then((ackedAs) => {
        command.ackedAs = ackedAs;
      })
      .catch((error: unknown) => {
        command.refused = error instanceof CommandRefused ? error.code : String(error);
      })
      .finally(() => {
        command.endedAt = Date.now();
        this.#unsettled--;
      });
  }

  /** Now and then a message of their own, where there is one, is deleted or edited. @returns whether it was */
  protected changesOwn(
    random: () => number,
    dice: number,
    room: Room,
    chat: {
      readonly delete: (messageId: string) => Promise<unknown>;
      readonly edit: (messageId: string, text: string) => Promise<unknown>;
    },
  ): boolean {
    const target = this.#oneOfMine(random, room);
    if (dice >= 0.16 || target === undefined) return false;
    if (dice < 0.06) {
      this.#changed.add(target);
      this.give({ kind: 'delete', room, target }, async () => {
        await chat.delete(target);
        return target;
      });
    } else {
      this.give({ kind: 'edit', room, target }, async (text) => {
        await chat.edit(target, text);
        return target;
      });
    }
    return true;
  }

  /** A message of their own that they may still change; undefined where there is none. */
  #oneOfMine(random: () => number, room: Room): string | undefined {
    const said = this.history.commands.flatMap(({ kind, ackedAs, room: in_ }) =>
      kind === 'message' && in_ === room && ackedAs !== null && !this.#changed.has(ackedAs) ? [ackedAs] : [],
    );
    return said.length === 0 ? undefined : oneOf(random, said.slice(-CHOSEN_AMONG));
  }

  protected told(what: 'message' | 'change', room: Room, message: Shown): void {
    this.#keep({ what, room, message });
    const known = this.#known.get(room) ?? new Map<number, Shown>();
    this.#known.set(room, known.set(message.n, message));
    this.#lastN.set(room, Math.max(this.lastOf(room), message.n));
    if (what === 'message') this.#spokenN.set(room, message.n);
  }

  protected reset(room: Room, messages: readonly Shown[]): void {
    this.#keep({ what: 'reset', room, messages });
    this.#known.set(room, new Map(messages.map((message) => [message.n, message])));
    this.#lastN.set(room, messages.at(-1)?.n ?? 0);
  }

  #keep(told: Told): void {
    this.history.told.push(told);
  }
}
