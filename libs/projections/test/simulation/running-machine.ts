import { Machine } from './processes.js';

/** A machine whose steps are taken as they come: for suites that know of no schedule. */
export function runningMachine(): { readonly machine: Machine; stop(): void } {
  const machine = new Machine();
  const running = setInterval(() => {
    for (const step of machine.ready()) step.take('answered');
  }, 1);
  return {
    machine,
    stop: () => {
      clearInterval(running);
    },
  };
}
