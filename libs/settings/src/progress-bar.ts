const WIDTH = 30;

/** Where it is drawn: a terminal, a file, a pipe. */
export type ProgressOutput = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Quicker than this nobody needs a bar. Milliseconds. */
const QUIET_MS = 500;

/**
 * A line that grows while something is worked off, drawn in place in a terminal and as a line now and then elsewhere.
 * @returns what to call with how much is left
 */
export function progressBar(name: string, out: ProgressOutput = process.stdout): (left: number) => void {
  const startedAt = Date.now();
  const terminal = out.isTTY === true;
  let most = 0;
  let drawnAt = 0;
  return (left) => {
    most = Math.max(most, left);
    const now = Date.now();
    const shown = drawnAt > 0;
    if (most === 0 || (!shown && (left === 0 || now - startedAt < QUIET_MS))) return;
    if (left > 0 && now - drawnAt < (terminal ? 100 : 2_000)) return;
    drawnAt = now;
    const done = most - left;
    const rate = (done * 1_000) / Math.max(now - startedAt, 1);
    const bar = '#'.repeat(Math.round((WIDTH * done) / most)).padEnd(WIDTH, '.');
    const text = `${name} [${bar}] ${done} of ${most}, ${Math.round(rate)}/s, ${rate > 0 ? Math.ceil(left / rate) : '?'} s left`;
    out.write(terminal ? `\r${text}${left === 0 ? '\n' : ''}` : `${text}\n`);
  };
}
