import type { StoredMsg } from '@nats-io/jetstream';
import type { Connection } from './connection.js';
import type { Publisher } from './publisher.js';
import { deadLetterStream } from './stream.js';
import type { Subjects } from './subjects.js';

/** Which letter it is: there is at most one for an event of a projection. */
export interface LetterPlace {
  readonly projection: string;
  readonly partition: number;
  /** The event's stream sequence. */
  readonly seq: number;
}

/** An event that a projection could not take in. */
export interface DeadLetter extends LetterPlace {
  readonly reason: string;
}

export interface StoredLetter extends DeadLetter {
  /** When it was put, the last time, in ms since 1970 by the log's own clock. */
  readonly at: number;
}

export class DeadLetters {
  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
    private readonly publisher: Publisher,
  ) {}

  /** The same letter again takes the place of the first. @throws LogUnavailable, OutcomeUnknown */
  async put(letter: DeadLetter): Promise<void> {
    await this.publisher.publish(this.subjectOf(letter), JSON.stringify(letter));
  }

  /** In the order they were put, of one projection or of all. @throws LogUnavailable */
  async *all(projection?: string): AsyncGenerator<StoredLetter, void> {
    const { streams } = this.connection.jetstream;
    const name = deadLetterStream(this.stream);
    const subject = this.subjects.deadLetters(projection);
    for (let next = 1; ;) {
      const query = { seq: next, next_by_subj: subject };
      const message = await this.connection.answerOfStream(name, () => streams.getMessage(name, query));
      if (!message) return;
      next = message.seq + 1;
      yield letterOf(message);
    }
  }

  /** @throws LogUnavailable */
  async at(place: LetterPlace): Promise<StoredLetter | null> {
    const { streams } = this.connection.jetstream;
    const name = deadLetterStream(this.stream);
    const query = { last_by_subj: this.subjectOf(place) };
    const message = await this.connection.answerOfStream(name, () => streams.getMessage(name, query));
    return message && letterOf(message);
  }

  /** Where there are letters, without reading them. @throws LogUnavailable */
  async places(): Promise<LetterPlace[]> {
    const { streams } = this.connection.jetstream;
    const name = deadLetterStream(this.stream);
    const query = { subjects_filter: this.subjects.deadLetters() };
    const { state } = await this.connection.answerOfStream(name, () => streams.info(name, query));
    return Object.keys(state.subjects ?? {}).map((subject) => this.subjects.letterPlaceOf(subject));
  }

  /** Deletes a letter; whether there was one. @throws LogUnavailable */
  async drop(place: LetterPlace): Promise<boolean> {
    const { streams } = this.connection.jetstream;
    const name = deadLetterStream(this.stream);
    const filter = this.subjectOf(place);
    const { purged } = await this.connection.answerOfStream(name, () => streams.purge(name, { filter }));
    return purged > 0;
  }

  private subjectOf({ projection, partition, seq }: LetterPlace): string {
    return this.subjects.deadLetter(projection, partition, seq);
  }
}

const letterOf = (message: StoredMsg): StoredLetter => ({
  ...message.json<DeadLetter>(),
  at: message.time.getTime(),
});
