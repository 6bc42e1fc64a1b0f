import { type CommandContext, commandKey, type Room, RetryableError } from '#domain';
import { OutcomeUnknown } from '#event-store';
import type { CommandOutcome } from '../traffic.js';

/** So long after an unknown outcome the same words are taken for the same message. Milliseconds. */
const REPEAT_WITHIN = 30_000;
/** So many are remembered, the latest: with one frame at a time, each in vain for a second, that is half a minute's. */
const MAX_UNKNOWN = 32;
/** A command that has to ask the log more than once is given up by then all the same. Milliseconds. */
const COMMAND_TIME = 4_500;

/** One carrying out of a command. */
export interface Attempt {
  /** When the log is given up, on the monotonic clock. */
  readonly deadline: number;
  /** When and as which command it is carried out in a room, null for none. */
  as(room: Room | null): AttemptContext;
}

export interface AttemptContext extends CommandContext {
  /** Given where the same command may be in the log already, from longer ago than the log itself remembers. */
  readonly clientId?: string;
}

/** As which command, in which room, something was attempted whose outcome is unknown, and until when that counts. */
interface Unknown {
  readonly room: Room | null;
  readonly key: string;
  readonly until: number;
}

/**
 * The commands of one connection. Where the client gave an id, the same one again in the same room is the same command.
 * Where it gave none, a message whose outcome is unknown is recognised by its words when it is sent again, as the client
 * was told to: without that it would be there twice.
 */
export class Attempts {
  /** By their words, the latest last; nothing without words. Null while there never was one. */
  #unknown: Map<string | null, Unknown> | null = null;

  /**
   * @param admit fails where a command must not be carried out now, which is then certain to have stored nothing; a
   * promise only where that is not known yet
   * @param begun a command begins; what it gives is told what became of it
   */
  constructor(
    private readonly userId: string,
    private readonly newKey: () => string,
    private readonly admit: () => Promise<void> | null,
    private readonly begun: () => (outcome: CommandOutcome) => void = () => () => undefined,
  ) {}

  /**
   * Carries out a command.
   * @param words what a message says, and where; null for a command that does no harm when it is carried out twice
   * @throws LogUnavailable, OutcomeUnknown, or what the command throws
   */
  make<T>(
    clientId: string | undefined,
    words: readonly unknown[] | null,
    command: (attempt: Attempt) => Promise<T>,
  ): Promise<T> {
    const beganAt = performance.now();
    const said = (): string | null => (words === null ? null : JSON.stringify([clientId, words]));
    // As a rule nothing is unknown, and then it does not matter what is said.
    const earlier = this.#unknown?.size ? this.#recall(this.#unknown, said()) : null;
    let tried = earlier;
    const attempt: Attempt = {
      deadline: beganAt + COMMAND_TIME,
      as: (room) => {
        const context = this.#contextOf(room, clientId, earlier);
        tried = { room, key: context.key, until: 0 };
        return context;
      },
    };
    const count = this.begun();
    const settled = (outcome: T): T => {
      count('decided');
      if (this.#unknown?.size) this.#unknown.delete(said());
      return outcome;
    };
    const failed = (error: unknown): never => {
      // What may have been stored by an earlier attempt may still be, whatever keeps this one from being stored.
      const isUnknown = error instanceof OutcomeUnknown || (earlier !== null && error instanceof RetryableError);
      count(isUnknown ? 'unknown' : error instanceof RetryableError ? 'not_stored' : 'failed');
      if (!isUnknown) throw error;
      const text = said();
      if (text !== null && tried) this.#remember(text, tried);
      throw error instanceof OutcomeUnknown ? error : new OutcomeUnknown(error.message, { cause: error });
    };
    return this.#carryOut(attempt, command).then(settled, failed);
  }

  #carryOut<T>(attempt: Attempt, command: (attempt: Attempt) => Promise<T>): Promise<T> {
    try {
      const admitted = this.admit();
      return admitted ? admitted.then(() => command(attempt)) : command(attempt);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #contextOf(room: Room | null, clientId: string | undefined, earlier: Unknown | null): AttemptContext {
    const at = new Date().toISOString();
    if (room && clientId !== undefined) return { key: commandKey(this.userId, room, clientId), at, clientId };
    if (earlier?.room === room) return { key: earlier.key, at, clientId: earlier.key };
    return { key: this.newKey(), at };
  }

  #recall(unknown: ReadonlyMap<string | null, Unknown>, said: string | null): Unknown | null {
    const earlier = unknown.get(said);
    return earlier && performance.now() < earlier.until ? earlier : null;
  }

  #remember(said: string, { room, key }: Unknown): void {
    const unknown = (this.#unknown ??= new Map());
    unknown.delete(said);
    unknown.set(said, { room, key, until: performance.now() + REPEAT_WITHIN });
    const [oldest] = unknown.keys();
    if (unknown.size > MAX_UNKNOWN) unknown.delete(oldest);
  }
}
