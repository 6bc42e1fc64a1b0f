import { LogUnavailable } from './outcomes.js';

/** Without an answer it is asked again: a leader that dies takes its answers along. */
const PATIENCE_MS = 1_500;
/** After an answer that is none for good, such as that there is no leader just now. */
const PAUSE_MS = 250;
/** A connection that is lost may be back, with another server, within this time. */
const AWAY_LIMIT_MS = 1_000;

/** Something that is asked again until it is answered; the first answer counts. */
export class Question<T> {
  readonly answer: Promise<T>;
  private readonly outcome = Promise.withResolvers<T>();
  /** Made only where it is needed: an error costs more than a question. */
  private failure = () => new LogUnavailable('NATS did not answer in time');
  private isAway = false;
  private isOver = false;
  private next: NodeJS.Timeout | undefined;
  private readonly giveUp: NodeJS.Timeout;

  /** @param ask does no harm where it is done twice; fails with LogUnavailable where it may be answered later */
  constructor(
    private readonly ask: () => Promise<T>,
    limitMs: number,
  ) {
    this.answer = this.outcome.promise;
    this.giveUp = setTimeout(() => {
      this.fail(this.failure());
    }, limitMs);
    this.attempt();
  }

  /** The connection is lost. */
  pause(): void {
    this.isAway = true;
    this.failure = () => new LogUnavailable('the connection to NATS was lost');
    this.after(AWAY_LIMIT_MS, () => {
      this.fail(this.failure());
    });
  }

  /** The connection is back: nobody answers any more what was asked before. */
  resume(): void {
    this.isAway = false;
    this.attempt();
  }

  /** Unless it is answered already. */
  fail(error: unknown): void {
    this.end();
    this.outcome.reject(error);
  }

  private attempt(): void {
    this.after(PATIENCE_MS, () => {
      this.attempt();
    });
    this.ask().then(
      (answer) => {
        this.end();
        this.outcome.resolve(answer);
      },
      (error: unknown) => {
        if (!(error instanceof LogUnavailable)) {
          this.fail(error);
        } else if (!this.isAway) {
          this.failure = () => error;
          this.after(PAUSE_MS, () => {
            this.attempt();
          });
        }
      },
    );
  }

  /** Whatever else was to come next does not. */
  private after(ms: number, then: () => void): void {
    clearTimeout(this.next);
    if (!this.isOver) this.next = setTimeout(then, ms);
  }

  private end(): void {
    this.isOver = true;
    clearTimeout(this.next);
    clearTimeout(this.giveUp);
  }
}
