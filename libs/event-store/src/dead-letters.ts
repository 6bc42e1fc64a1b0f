import type { Connection } from './connection.js';
import type { Publisher } from './publisher.js';
import { deadLetterStream } from './stream.js';
import type { Subjects } from './subjects.js';

/** An event that a projection could not take in. */
export interface DeadLetter {
  readonly projection: string;
  readonly partition: number;
  /** The event's stream sequence. */
  readonly seq: number;
  readonly reason: string;
}

export class DeadLetters {
  constructor(
    private readonly connection: Connection,
    private readonly stream: string,
    private readonly subjects: Subjects,
    private readonly publisher: Publisher,
  ) {}

  /** The same letter again takes the place of the first. @throws LogUnavailable */
  async put(letter: DeadLetter): Promise<void> {
    const { projection, partition, seq } = letter;
    await this.publisher.publish(this.subjects.deadLetter(projection, partition, seq), JSON.stringify(letter));
  }

  /** In the order they were put, of one projection or of all. @throws LogUnavailable */
  async *all(projection?: string): AsyncGenerator<DeadLetter, void> {
    const { streams } = this.connection.jetstream;
    const name = deadLetterStream(this.stream);
    const subject = this.subjects.deadLetters(projection);
    for (let next = 1; ;) {
      const query = { seq: next, next_by_subj: subject };
      const message = await this.connection.answer(() => streams.getMessage(name, query));
      if (!message) return;
      next = message.seq + 1;
      yield message.json<DeadLetter>();
    }
  }
}
