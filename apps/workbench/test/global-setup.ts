import { homedir } from 'node:os';
import { join } from 'node:path';
import { testRun, TestServers } from './test-servers.js';

/**
 * Starts the servers that the tests share, and says where they are: TEST_NATS_URL and TEST_MONGODB_URL. One that is
 * set already is used as it is. TEST_MONGODB_URL stays unset if there is none to be had, which is an error with
 * REQUIRE_MONGODB=1; the suites that need it skip themselves.
 */
export default async function globalSetup(): Promise<void> {
  const reasons: string[] = [];
  const log = (line: string) => {
    reasons.push(line);
    process.stdout.write(`${line}\n`);
  };
  const servers = new TestServers(process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley'), log);
  testRun.servers = servers;
  try {
    await servers.endAbandoned();
    process.env['TEST_NATS_URL'] ??= await servers.startNats();
    if (process.env['TEST_MONGODB_URL'] !== undefined) return;
    const url = await servers.startMongodb();
    if (url !== undefined) {
      process.env['TEST_MONGODB_URL'] = url;
    } else if (process.env['REQUIRE_MONGODB'] === '1') {
      throw new Error('REQUIRE_MONGODB=1, and there is no MongoDB server for the tests; see above');
    } else {
      testRun.skipped = reasons.slice(-1);
    }
  } catch (error) {
    // Jest runs no teardown after a setup that failed.
    await servers.stop();
    throw error;
  }
}
