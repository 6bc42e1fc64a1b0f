import { chatctl } from './chatctl.js';

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
