import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type AskedLog, EventLog, type LiveSubscription } from '#event-store';
import { Ear, readSignal } from '../feeds/signals.js';
import { type GatewaySettings, SETTINGS } from '../settings.js';
import type { Session } from '../socket/session.js';
import { type Affected, type Announcement, OnlinePeople, type WholeList } from './online-people.js';
import { OwnPeople } from './own-people.js';
import { Watchers } from './watchers.js';

/** Milliseconds: so long comings and goings are gathered, so often a gateway says that it is there. */
const GATHER = 100;
const BEAT = 1_000;
/** How long others have to send their lists, in milliseconds; and how many people are in one piece of it. */
const ASK_TIME = 500;
const PIECE = 1_000;

const TOPIC = 'presence';

/** A piece of a gateway's list. */
interface Piece extends WholeList {
  readonly of: number;
}

type Goodbye = Pick<Announcement, 'gateway'> & { readonly goodbye: true };

/**
 * Who is online, over all gateways: each tells the others who has come and gone, and that it is still there. Nobody
 * listens to that where no connection has asked for it; nothing of it is stored.
 */
@Injectable()
export class Presence implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #id = randomBytes(8).toString('hex');
  readonly #own = new OwnPeople();
  readonly #online = new OnlinePeople();
  readonly #watchers: Watchers;
  readonly #ear: Ear;
  readonly #logger = new Logger(Presence.name);
  #seq = 0;
  #gathering: NodeJS.Timeout | undefined;
  #beating: NodeJS.Timeout | undefined;
  #answering: LiveSubscription | undefined;
  #stopListening: () => void = () => undefined;
  #isConnected = true;
  #isOver = false;
  /** Counts the times that it began to listen. */
  #era = 0;
  #isKnown = false;
  readonly #asking = new Set<string>();

  constructor(
    @Inject(EventLog) private readonly log: Pick<AskedLog, 'live'>,
    @Inject(SETTINGS) { roomChat }: Pick<GatewaySettings, 'roomChat'>,
  ) {
    this.#watchers = new Watchers(this.#online, roomChat.dialect);
    this.#ear = new Ear(
      () => this.#watchers.size > 0 && !this.#isOver,
      () => this.#listen(),
    );
  }

  onApplicationBootstrap(): void {
    const { live } = this.log;
    this.#answering = live.answer(TOPIC, (asked) => (asked === '' || asked === this.#id ? this.#pieces() : []));
    this.#stopListening = live.onInterrupted((phase) => {
      this.#isConnected = phase === 'back';
    });
    this.#beating = setInterval(() => {
      this.#beat();
    }, BEAT).unref();
  }

  onApplicationShutdown(): void {
    this.#isOver = true;
    clearInterval(this.#beating);
    clearTimeout(this.#gathering);
    this.#answering?.stop();
    this.#stopListening();
    this.#ear.stop();
    this.#say({ gateway: this.#id, goodbye: true });
  }

  /** A connection stands. */
  came(session: Session): void {
    this.#own.add(session, performance.now());
    this.#gather();
  }

  /** It is over. */
  left(session: Session): void {
    this.#own.remove(session, performance.now());
    this.#gather();
    this.unwatch(session);
  }

  /** A person is in another clan, or in more chats, than before. */
  moved(userId: string): void {
    const sessions = this.#own.sessionsOf(userId);
    if (sessions.length === 0) return;
    this.#own.changed(userId, performance.now());
    this.#gather();
    for (const session of sessions) this.#watchers.moved(session);
  }

  /** From now on the connection is told who is online of those it may know of. @param partners of its person's chats */
  watch(session: Session, partners: () => readonly string[]): void {
    this.#watchers.add(session, partners);
    this.#ear.check();
    if (this.#isKnown) this.#watchers.begin();
  }

  unwatch(session: Session): void {
    this.#watchers.remove(session);
    this.#ear.check();
  }

  #gather(): void {
    if (this.#isOver) return;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#tellOthers();
      if (this.#own.isDue) this.#gather();
    }, GATHER).unref();
  }

  #tellOthers(): void {
    const comings = this.#own.take(performance.now());
    if (comings.came.length + comings.went.length === 0) return;
    this.#say({ gateway: this.#id, seq: ++this.#seq, ...comings });
  }

  #beat(): void {
    const now = performance.now();
    this.#say({ gateway: this.#id, seq: this.#seq, came: [], went: [] });
    if (!this.#isConnected) this.#online.spare(now);
    this.#change((affected) => {
      this.#online.expire(now, affected);
    });
  }

  #say(said: Announcement | Goodbye): void {
    this.log.live.signal(TOPIC, JSON.stringify(said));
  }

  #pieces(): string[] {
    const { list } = this.#own;
    const of = Math.max(1, Math.ceil(list.length / PIECE));
    const piece = (i: number): Piece => ({
      ...{ gateway: this.#id, seq: this.#seq, of },
      people: list.slice(i * PIECE, (i + 1) * PIECE),
    });
    return Array.from({ length: of }, (_, i) => JSON.stringify(piece(i)));
  }

  #listen(): LiveSubscription {
    const era = ++this.#era;
    const subscription = this.log.live.onSignal(TOPIC, (text) => {
      this.#hear(text);
    });
    void this.#begin(era);
    return {
      stop: () => {
        this.#era++;
        this.#isKnown = false;
        subscription.stop();
        this.#online.clear();
      },
    };
  }

  /** Whoever asks before every gateway has said who is there waits for it. */
  async #begin(era: number): Promise<void> {
    while (era === this.#era) {
      if (await this.#ask('')) break;
      await new Promise((resolve) => setTimeout(resolve, ASK_TIME).unref());
    }
    if (era !== this.#era) return;
    this.#isKnown = true;
    this.#watchers.begin();
  }

  #hear(text: string): void {
    const goodbye = readSignal<Goodbye>(text, ['gateway', 'goodbye']);
    const said = readSignal<Announcement>(text, ['gateway', 'seq', 'came', 'went']);
    if (goodbye) {
      this.#change((affected) => {
        this.#online.end(goodbye.gateway, affected);
      });
    } else if (said) {
      this.#change((affected) => {
        if (this.#online.hear(said, performance.now(), affected)) void this.#ask(said.gateway);
      });
    }
  }

  /** Asks one gateway for its list, or all of them. @returns whether they could be asked */
  async #ask(gateway: string): Promise<boolean> {
    const era = this.#era;
    const asking = `${era} ${gateway}`;
    if (this.#asking.has(asking)) return true;
    this.#asking.add(asking);
    try {
      await this.log.live.flush();
      const answers = await this.log.live.ask(TOPIC, gateway, ASK_TIME);
      if (era !== this.#era) return true;
      this.#change((affected) => {
        for (const list of wholeListsOf(answers)) this.#online.take(list, performance.now(), affected);
      });
      return true;
    } catch (error) {
      this.#logger.warn(`who is online is not known for the moment: ${String(error)}`);
      return false;
    } finally {
      this.#asking.delete(asking);
    }
  }

  #change(change: (affected: Affected) => void): void {
    const affected: Affected = new Map();
    change(affected);
    if (affected.size > 0) this.#watchers.tell(affected);
  }
}

/** The lists of which every piece is there; of others it is asked again at their next word. */
function wholeListsOf(answers: readonly string[]): WholeList[] {
  const lists = new Map<string, Piece[]>();
  for (const answer of answers) {
    const piece = readSignal<Piece>(answer, ['gateway', 'seq', 'of', 'people']);
    if (piece) lists.set(piece.gateway, [...(lists.get(piece.gateway) ?? []), piece]);
  }
  return [...lists.values()]
    .filter((pieces) => pieces.length === pieces[0]!.of)
    .map((pieces) => ({ ...pieces[0]!, people: pieces.flatMap(({ people }) => people) }));
}
