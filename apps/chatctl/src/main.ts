import { chatctl } from './chatctl.js';

/** Until it does not wait any more for what is still open. */
const ENDING_MS = 1_000;

const interrupted = (): AbortSignal => {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      interruption.abort();
    });
  }
  return interruption.signal;
};
// Whoever reads what is printed may stop, as `| head` does. A command that has something to put away then listens itself.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (process.stdout.listenerCount('error') === 1) process.exit(0);
});

const { env, stdin: input, stdout: out, stderr: progress } = process;
const surroundings = { env, input, out, progress, interrupted };

process.exitCode = await chatctl(process.argv.slice(2), surroundings, (complaint) => {
  console.error(complaint);
});
// By itself it ends once nothing is open. A connection that was given up while the server said nothing stays open for
// as long as that does: what is printed is taken by then, and a moment later it ends all the same.
process.stdout.write('', () => setTimeout(() => process.exit(), ENDING_MS).unref());
