import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { prompt } from '../src/sql/prompt.js';
import { StatementFailed } from '../src/sql/statement-failed.js';

// The prompt of `chatctl sql` as a terminal sees it: what its keys do, and what is shown.

const [ENTER, CTRL_C, CTRL_D, UP] = ['\r', '\u0003', '\u0004', '\u001b[A'];

/** Somebody at a terminal, and who runs what they write. */
class Terminal {
  readonly ran: string[] = [];
  stopped = 0;
  shown = '';
  /** What becomes of a statement. */
  answer: (text: string) => Promise<void> = () => Promise.resolve();
  readonly ending = new AbortController();
  readonly failed: Promise<number>;
  private readonly input: PassThrough;

  constructor(isTerminal = true) {
    this.input = Object.assign(new PassThrough(), { isTTY: isTerminal, setRawMode: () => undefined });
    const progress = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: isTerminal, columns: 200 });
    progress.on('data', (text: string) => (this.shown += text));
    const surroundings = { env: {}, input: this.input, out: new PassThrough(), progress };
    this.failed = prompt(
      { ...surroundings, interrupted: () => this.ending.signal },
      {
        run: (text) => {
          this.ran.push(text);
          return this.answer(text);
        },
        stop: () => this.stopped++,
        signal: this.ending.signal,
      },
    );
  }

  /** One key or text after the other, each seen before the next one comes. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.input.write(key);
      await this.seen();
    }
  }

  async seen(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  end(): void {
    this.input.end();
  }
}

/** What is in the line that is being written: behind the last prompt, without what moves the cursor. */
const lastLine = (shown: string): string =>
  stripVTControlCharacters(shown.slice(Math.max(shown.lastIndexOf('sql> '), shown.lastIndexOf('...> '))));

describe('the prompt, in a terminal', () => {
  it('asks, goes on until a statement is whole, and asks anew', async () => {
    const terminal = new Terminal();
    await terminal.seen();
    expect(terminal.shown).toContain('A statement ends with ;');
    expect(lastLine(terminal.shown)).toBe('sql> ');
    await terminal.press('select', ENTER);
    expect([terminal.ran, lastLine(terminal.shown)]).toEqual([[], '...> ']);
    await terminal.press('1;', ENTER);
    expect([terminal.ran, lastLine(terminal.shown)]).toEqual([['select\n1;\n'], 'sql> ']);
    await terminal.press(CTRL_D);
    expect(await terminal.failed).toBe(0);
  });

  it('shows what was written before, by the key for it', async () => {
    const terminal = new Terminal();
    await terminal.press('select 1;', ENTER, 'select 2;', ENTER, UP, UP);
    expect(lastLine(terminal.shown)).toBe('sql> select 1;');
    await terminal.press(ENTER);
    expect(terminal.ran).toEqual(['select 1;\n', 'select 2;\n', 'select 1;\n']);
    await terminal.press(CTRL_D);
    await terminal.failed;
  });

  it('leaves a statement with Ctrl-C, or ends what is running, and goes on', async () => {
    const terminal = new Terminal();
    await terminal.press('select', ENTER, 'x', CTRL_C);
    expect(lastLine(terminal.shown)).toBe('sql> ');
    await terminal.press(CTRL_C, 'select 1;', ENTER);
    expect([terminal.ran, terminal.stopped]).toEqual([['select 1;\n'], 0]);
    const running = Promise.withResolvers<undefined>();
    terminal.answer = () => running.promise;
    await terminal.press('select 2;', ENTER, CTRL_C);
    expect(terminal.stopped).toBe(1);
    running.reject(new StatementFailed('ended \u001b[2J by you'));
    await terminal.seen();
    // What is said of a statement does nothing to the terminal.
    expect(terminal.shown).toContain('ended \\u001b[2J by you\n');
    terminal.answer = () => Promise.resolve();
    await terminal.press('select 3;', ENTER, CTRL_D);
    expect(await terminal.failed).toBe(1);
    expect(terminal.ran.at(-1)).toBe('select 3;\n');
  });

  it('has words of its own', async () => {
    const terminal = new Terminal();
    await terminal.press('.tables', ENTER);
    expect(terminal.shown).toMatch(/^messages_at +messages as they were at a sequence/m);
    expect(terminal.shown).not.toContain('fences_at');
    await terminal.press('.what', ENTER, CTRL_D);
    expect(terminal.shown).toContain('there is no .what\nA statement ends with ;');
    expect([terminal.ran, await terminal.failed]).toEqual([[], 0]);
  });

  it('ends where it is ended, and hides no fault', async () => {
    const ended = new Terminal();
    await ended.press('select');
    ended.ending.abort();
    expect([await ended.failed, ended.ran]).toEqual([0, []]);
    const terminal = new Terminal();
    const fault = expect(terminal.failed).rejects.toThrow('a fault');
    terminal.answer = () => Promise.reject(new Error('a fault'));
    await terminal.press('select 1;', ENTER);
    await fault;
  });
});

it('the prompt from a pipe shows nothing but what fails, and runs also what is not ended', async () => {
  const terminal = new Terminal(false);
  terminal.answer = (text) => (text.includes('bad') ? Promise.reject(new StatementFailed('no')) : Promise.resolve());
  await terminal.press('\n\nselect 1;\nbad;\nselect', '\n2');
  terminal.end();
  expect(await terminal.failed).toBe(1);
  expect([terminal.ran, terminal.shown]).toEqual([['select 1;\n', 'bad;\n', 'select\n2\n'], 'no\n']);
});
