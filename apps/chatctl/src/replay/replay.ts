import { RetryableError } from '#domain';
import { type Batch, readSelected, type Selected } from '#event-store';
import { progressBar } from '#settings';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { Output, plain } from '../output.js';
import { SELECTION_OPTIONS, selectionOf } from '../selection/selection.js';
import { Unreachable, withLog } from '../servers.js';
import { UsageError } from '../usage.js';
import { type Format, type FormatName, formatNamed, formats } from './formats.js';
import { Pace, speedOf } from '../pace.js';

const OPTIONS = {
  ...SELECTION_OPTIONS,
  format: { type: 'string', default: 'ndjson' },
  follow: { type: 'boolean' },
  speed: { type: 'string' },
} as const;

/** Exit status where Ctrl-C came before the end. */
const INTERRUPTED = 130;

/** `chatctl replay`: the events of the log. */
export const replayCommand: Command = async (args, surroundings) => {
  const { values } = readOptions(args, OPTIONS);
  const { format, follow = false, speed } = values;
  const selection = selectionOf(values, Date.now());
  if (!isFormat(format)) throw new UsageError(`--format must be ${formats.join(', ')}, not ${format}`);
  if (follow && selection.until) throw new UsageError('--follow has no end: leave out --until');
  const pace = speed === undefined ? null : new Pace(speedOf(speed));
  const output = new Output(surroundings.out);
  const interruption = surroundings.interrupted();
  return withLog(surroundings.env, async (log) => {
    const signal = AbortSignal.any([output.closed, interruption]);
    const told = new Told(formatNamed(format, selection.types), output, surroundings, pace, signal);
    await told.all(readSelected(log, selection, { follow, signal }));
    if (interruption.aborted && !follow && !output.closed.aborted) return INTERRUPTED;
    return told.unreadable > 0 ? 1 : 0;
  });
};

const isFormat = (name: string): name is FormatName => (formats as readonly string[]).includes(name);

/** What is printed, and what is said of it. */
class Told {
  /** How many cannot be read. */
  unreadable = 0;
  /** Of how many the texts are sealed, and there is no key for them. */
  private sealed = 0;
  private lastSeq = 0;

  constructor(
    private readonly format: Format,
    private readonly output: Output,
    private readonly surroundings: Pick<Surroundings, 'out' | 'progress'>,
    private readonly pace: Pace | null,
    private readonly signal: AbortSignal,
  ) {}

  async all(batches: AsyncIterable<Batch>): Promise<void> {
    const bar = this.bar();
    await this.output.write(this.format.head);
    try {
      for await (const { selected, seq, until } of batches) {
        if (this.pace) await this.atPace(selected, this.pace);
        else await this.output.write(selected.map((each) => this.told(each)).join(''));
        if (this.signal.aborted) return;
        this.lastSeq = seq;
        if (until !== null) bar?.(until - seq);
      }
      bar?.(0);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      const on =
        this.lastSeq === 0 ? '' : `: all up to event ${this.lastSeq} is told, go on with --from ${this.lastSeq + 1}`;
      throw new Unreachable(`${error.message}${on}`, { cause: error });
    } finally {
      await this.output.end();
      this.sayInTheEnd();
    }
  }

  /** One after the other, as they are due. */
  private async atPace(selected: readonly Selected[], pace: Pace): Promise<void> {
    for (const each of selected) {
      await pace.wait(each.record.at, this.signal);
      if (this.signal.aborted) return;
      await this.output.write(this.told(each));
      this.lastSeq = each.record.seq;
    }
  }

  private told({ record, event, fault }: Selected): string {
    if (event) {
      if (record.texts === null && record.erased !== true) this.sealed++;
      return this.format.row(event, record);
    }
    this.unreadable++;
    const { seq, type, version, room, kind } = record;
    const what = type === '' ? kind : `${type} version ${version}`;
    this.surroundings.progress.write(`event ${seq} (${plain(`${what}, ${room ?? 'no room'}`)}): ${plain(fault)}\n`);
    return '';
  }

  /** Not where it would be drawn into what is printed. */
  private bar(): ((left: number) => void) | null {
    const { out, progress } = this.surroundings;
    const isMixed = (out as { readonly isTTY?: boolean }).isTTY === true;
    return progress.isTTY === true && !isMixed ? progressBar('Replaying', progress) : null;
  }

  private sayInTheEnd(): void {
    const { progress } = this.surroundings;
    if (this.unreadable > 0) progress.write(`${this.unreadable} events cannot be read\n`);
    if (this.sealed > 0)
      progress.write(`the texts of ${this.sealed} events are sealed, and there is no key for them here\n`);
  }
}
