import { createInterface } from 'node:readline';
import type { Surroundings } from '../command.js';
import { plain } from '../output.js';
import { StatementFailed } from './statement-failed.js';
import { macros, views } from './views.js';

const FIRST = 'sql> ';
const NEXT = '...> ';

const TABLES = [
  { name: 'events', what: 'all events, as they are in the log: docs/events.md' },
  ...views,
  ...macros.filter(({ name }) => name !== 'fences_at'),
];

const HELP = `A statement ends with ; and may have many lines. Ctrl-C leaves it, or ends what is running; Ctrl-D is the end.
.tables   what can be asked
.help     this
describe messages;   the columns of one of them
`;

export interface Prompting {
  /** Runs a statement and prints what it answers. @throws StatementFailed */
  readonly run: (text: string) => Promise<void>;
  /** Ends what is running. */
  readonly stop: () => void;
  /** Ends the prompt. */
  readonly signal: AbortSignal;
}

/**
 * Asks for statements until there are no more, in a terminal or from a pipe. One that fails ends nothing.
 * @returns how many failed
 */
export async function prompt({ input, progress }: Surroundings, { run, stop, signal }: Prompting): Promise<number> {
  const terminal = input.isTTY === true && progress.isTTY === true;
  const lines = createInterface({
    input,
    terminal,
    ...(terminal && { output: progress }),
    historySize: 1_000,
    crlfDelay: Infinity,
  });
  let [pending, failed, isRunning] = ['', 0, false];
  const ask = () => {
    if (!terminal) return;
    lines.setPrompt(pending === '' ? FIRST : NEXT);
    lines.prompt();
  };
  const end = () => {
    lines.close();
  };
  signal.addEventListener('abort', end);
  lines.on('SIGINT', () => {
    if (isRunning) {
      stop();
      return;
    }
    pending = '';
    // What stands in the line too, from its end to its beginning.
    for (const name of ['e', 'u']) lines.write(null, { ctrl: true, name });
    progress.write('\n');
    ask();
  });
  const tryRun = async (text: string) => {
    isRunning = true;
    try {
      await run(text);
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
      failed++;
      // What is said of a statement may hold what others wrote; its lines are its own.
      progress.write(`${error.message.split('\n').map(plain).join('\n')}\n`);
    } finally {
      isRunning = false;
    }
  };
  if (terminal) progress.write(HELP);
  ask();
  try {
    for await (const line of lines) {
      const command = pending === '' ? commandIn(line) : null;
      if (command !== null) progress.write(command);
      else {
        pending += `${line}\n`;
        if (pending.trim() === '') pending = '';
        if (isWhole(pending)) {
          const text = pending;
          pending = '';
          await tryRun(text);
        }
      }
      if (signal.aborted) break;
      ask();
    }
    if (!terminal && pending.trim() !== '' && !signal.aborted) await tryRun(pending);
  } finally {
    signal.removeEventListener('abort', end);
    lines.close();
  }
  return failed;
}

/** What a line answers that is for the prompt; null for one that is SQL. */
function commandIn(line: string): string | null {
  const word = line.trim().replace(/;$/, '');
  if (!word.startsWith('.')) return null;
  const width = Math.max(...TABLES.map(({ name }) => name.length));
  if (word === '.tables') return TABLES.map(({ name, what }) => `${name.padEnd(width)}  ${what}\n`).join('');
  return word === '.help' ? HELP : `there is no ${plain(word)}\n${HELP}`;
}

/** Quoted texts and comments, in which a semicolon ends nothing. */
const ASIDE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|\$(\w*)\$[^]*?\$\1\$/g;

/** Whether a statement is at its end. */
export function isWhole(text: string): boolean {
  const bare = text.replace(ASIDE, (aside) => (aside.startsWith('-') || aside.startsWith('/') ? ' ' : 'x'));
  return /;\s*$/.test(bare) && !/['"]|\/\*|\$\w*\$/.test(bare);
}
