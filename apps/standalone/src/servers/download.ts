import { createHash } from 'node:crypto';
import type { Log } from './process.js';
import { messageOf } from './programs.js';

const CONNECT_TIMEOUT_MS = 10_000;
const TOTAL_TIMEOUT_MS = 120_000;

/**
 * Downloads a file whose SHA-256 is listed in another one, in the format of sha256sum. The error is one line.
 * Each has 10 seconds to begin and 120 seconds in all.
 */
export async function downloadVerified(url: string, sumsUrl: string, log: Log): Promise<Buffer> {
  const name = url.slice(url.lastIndexOf('/') + 1);
  const sums = (await download(sumsUrl)).toString('utf8');
  const expected = sums
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/))
    .find((fields) => fields[1] === name)?.[0];
  if (expected === undefined) throw new Error(`${sumsUrl} has no line for ${name}`);
  const content = await download(url, log);
  const actual = createHash('sha256').update(content).digest('hex');
  if (actual !== expected.toLowerCase()) throw new Error(`${url} has the checksum ${actual} instead of ${expected}`);
  return content;
}

/** Whether a server answers at all within five seconds, whatever it answers. */
export async function isReachable(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) });
    return true;
  } catch {
    return false;
  }
}

async function download(url: string, log?: Log): Promise<Buffer> {
  const aborter = new AbortController();
  const expire = (ms: number) =>
    setTimeout(() => {
      aborter.abort(new Error(`no answer within ${ms / 1000} s`));
    }, ms);
  const [connect, total] = [expire(CONNECT_TIMEOUT_MS), expire(TOTAL_TIMEOUT_MS)];
  try {
    const response = await fetch(url, { signal: aborter.signal });
    clearTimeout(connect);
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
    const size = Number(response.headers.get('content-length') ?? 0);
    return await readAll(response.body, size, log);
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Error(`${url}: ${messageOf(cause)}`, { cause: error });
  } finally {
    clearTimeout(connect);
    clearTimeout(total);
  }
}

/** Says every quarter how far it is, if the size is known. */
async function readAll(body: AsyncIterable<Uint8Array>, size: number, log?: Log): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  let quarters = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    received += chunk.length;
    if (size > 0 && Math.floor((4 * received) / size) > quarters) {
      quarters = Math.floor((4 * received) / size);
      log?.(`  ${quarters * 25} % of ${(size / 1e6).toFixed(1)} MB`);
    }
  }
  return Buffer.concat(chunks);
}
