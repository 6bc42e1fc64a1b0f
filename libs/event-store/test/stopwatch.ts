const TICK_MS = 20;

/**
 * Begins to count milliseconds as this process gets them, and answers with how many there were when it is asked, which
 * ends it. A time in which the process does not run at all, as on a machine that is busy with other suites, counts as
 * little more than a tick: what is promised within a time is kept by timers of this same process.
 */
export function stopwatch(): () => number {
  let passed = 0;
  let last = performance.now();
  const count = () => {
    const now = performance.now();
    passed += Math.min(now - last, 2 * TICK_MS);
    last = now;
  };
  const timer = setInterval(count, TICK_MS).unref();
  return () => {
    clearInterval(timer);
    count();
    return passed;
  };
}
