import type { RoomPosition, ResumedRoom, ResumedView } from '#protocol';
import type { ChatClient, Received } from './chat-client.js';

/** A message as a client keeps it. */
export interface Kept {
  readonly n: number;
  readonly rev: number;
  readonly content: string;
  readonly reactions: readonly string[];
}

/** A client that keeps one room over all its connections, by the rules of docs/wire.md and by nothing else. */
export class ResumingClient {
  readonly kept = new Map<string, Kept>();
  /** What each of its resumes was answered. */
  readonly resumed: ResumedRoom[] = [];
  /** The numbers of messages that were told as new although the client had them, or had said so. */
  readonly doubled: number[] = [];
  position: RoomPosition = { n: 0, rev: 0 };
  #client: ChatClient | null = null;
  #read = 0;
  #isResuming = false;
  #hasAsked = false;
  /** The highest position that a frame named which came before the answer to the resume. */
  #meanwhile: RoomPosition = { n: 0, rev: 0 };
  #heard = new Set<number>();

  /** @param history everything there is, for when it cannot go on from where it was */
  constructor(
    private readonly room: string,
    private readonly history: () => Promise<ReadonlyMap<string, Kept>>,
  ) {}

  get isResuming(): boolean {
    return this.#isResuming;
  }

  /** Begins on another connection, where it will go on from where it was once it {@link ask}s. */
  begin(client: ChatClient): void {
    this.#client = client;
    this.#read = 0;
    this.#isResuming = true;
    this.#hasAsked = false;
    this.#meanwhile = this.position;
    this.#heard = new Set();
  }

  /** Unless it waits for an answer. */
  ask(more: { readonly clan_id?: string } = {}): void {
    if (this.#hasAsked) return;
    this.#hasAsked = this.#isResuming = true;
    this.#client!.send('resume', { rooms: { [this.room]: { ...this.position, ...more } } });
  }

  /** Takes what has come by now. */
  async take(): Promise<void> {
    for (const frame of this.#client?.frames.slice(this.#read) ?? []) {
      this.#read++;
      if (frame.event === 'resumed') await this.#goOn((frame.data as ResumedView).rooms[this.room]!);
      else if (frame.error !== undefined) this.#hasAsked = false;
      else this.#hear(frame);
    }
  }

  async #goOn(room: ResumedRoom): Promise<void> {
    this.resumed.push(room);
    this.#isResuming = this.#hasAsked = false;
    if (!('to' in room)) return;
    this.#advance(room.to);
    this.#advance(this.#meanwhile);
    if (!room.recovered) for (const [id, message] of await this.history()) this.#keep(id, message);
  }

  #hear(frame: Received): void {
    if (frame.event === 'response_message') {
      const { id, n, rev, message } = frame.data as { id: string; n: number; rev: number; message: string };
      this.#told(frame, id, { n, rev, content: message, reactions: [] }, true);
    }
    if (frame['chat'] !== this.room || !frame.message) return;
    this.#told(frame, frame.message['_id'] as string, keptOf(frame.message), frame.event === 'newMessage');
  }

  #told(frame: Received, id: string, message: Kept, isNew: boolean): void {
    if (isNew && (this.#heard.has(message.n) || message.n <= this.position.n)) this.doubled.push(message.n);
    if (isNew) this.#heard.add(message.n);
    this.#keep(id, message);
    const position = (frame['position'] as RoomPosition | undefined) ?? { n: message.n, rev: message.rev };
    if (!this.#isResuming) this.#advance(position);
    else if (position.rev > this.#meanwhile.rev) this.#meanwhile = position;
  }

  #advance(position: RoomPosition): void {
    if (position.rev > this.position.rev) this.position = position;
  }

  /** Of two that tell of one message, that with the higher `rev` counts. */
  #keep(id: string, message: Kept): void {
    if (message.rev >= (this.kept.get(id)?.rev ?? 0)) this.kept.set(id, message);
  }
}

/** A message of the room API, in frames and in the history. */
export const keptOf = (message: Readonly<Record<string, unknown>>): Kept => ({
  n: message['n'] as number,
  rev: message['rev'] as number,
  content: message['content'] as string,
  reactions: (message['reactions'] as { playerName: string; emoji: string }[]).map(
    ({ playerName, emoji }) => `${playerName} ${emoji}`,
  ),
});
