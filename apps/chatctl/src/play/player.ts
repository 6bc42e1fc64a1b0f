import { RetryableError } from '#domain';
import type { EventLog } from '#event-store';
import type { Pace } from '../pace.js';
import type { RecordedLine } from './recording.js';

/** What was played so far cannot be gone on with: the message says why. */
export class PlayFailed extends Error {
  override readonly name = 'PlayFailed';
}

/** Stored at once. */
const TOGETHER = 500;

/** Stores a recording in a log that is empty and that nobody else writes to. */
export class Player {
  /** How many are stored. */
  played = 0;
  /** Of how many the texts are not in the recording. */
  withoutTexts = 0;
  /** Whether each has the sequence that it had in the log that it is from. */
  keepsPlaces = true;
  private waiting: RecordedLine[] = [];

  /** @param onPlayed is told again and again how many are stored */
  constructor(
    private readonly log: Pick<EventLog, 'copier'>,
    private readonly pace: Pace | null,
    private readonly signal: AbortSignal,
    private readonly onPlayed: (played: number) => void,
  ) {}

  /** Ends early where it is aborted. @throws PlayFailed */
  async play(lines: AsyncIterable<RecordedLine>): Promise<void> {
    for await (const line of lines) {
      if (this.pace && this.pace.due(line.storedAt) > 0) {
        await this.store();
        await this.pace.wait(line.storedAt, this.signal);
      }
      if (this.signal.aborted) break;
      this.waiting.push(line);
      if (this.waiting.length >= TOGETHER) await this.store();
    }
    await this.store();
  }

  private async store(): Promise<void> {
    const lines = this.waiting.splice(0);
    for (const [i, seq] of (await this.copied(lines)).entries()) {
      const { seq: was, isWithoutTexts } = lines[i]!;
      this.played += 1;
      if (seq !== this.played) {
        throw new PlayFailed(
          `event ${was} became event ${seq}, not ${this.played}: somebody else writes to this log, or it was slow to answer`,
        );
      }
      if (was !== seq) this.keepsPlaces = false;
      if (isWithoutTexts) this.withoutTexts += 1;
    }
    this.onPlayed(this.played);
  }

  private async copied(lines: readonly RecordedLine[]): Promise<number[]> {
    try {
      const stored = await this.log.copier.copy(lines.map(({ event, seq }) => ({ event, copyOf: seq })));
      return stored.map(({ seq }) => seq);
    } catch (error) {
      if (error instanceof RetryableError) throw new PlayFailed(error.message, { cause: error });
      throw error;
    }
  }
}
