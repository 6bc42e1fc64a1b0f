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
const surroundings = { env: process.env, out: process.stdout, progress: process.stderr, interrupted };

process.exitCode = await chatctl(process.argv.slice(2), surroundings, (complaint) => {
  console.error(complaint);
});
