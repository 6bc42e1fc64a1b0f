import { createHook } from 'node:async_hooks';

/** How many promises are made until something is done, the one that it resolves among them. */
export async function promisesOf(work: () => void | Promise<void>): Promise<number> {
  let count = 0;
  const hook = createHook({
    init: (_, type) => {
      if (type === 'PROMISE') count++;
    },
  });
  hook.enable();
  try {
    const working = work();
    // Waiting for what is done already would count.
    if (working) await working;
  } finally {
    hook.disable();
  }
  return count;
}
