import { testRun } from './test-servers.js';

/** Stops what the setup started, and says last, so that it is seen, which suites were skipped and why. */
export default async function globalTeardown(): Promise<void> {
  await testRun.servers?.stop();
  if (testRun.skipped.length === 0) return;
  const rule = '!'.repeat(80);
  process.stdout.write([rule, 'SKIPPED: all suites that need MongoDB.', ...testRun.skipped, rule, ''].join('\n'));
}
