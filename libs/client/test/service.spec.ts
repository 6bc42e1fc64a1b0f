import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Service } from '../src/service.js';

// What is taken for a server that says nothing more.

const PROGRESS = '{"progress":true,"seq":1}\n';
/** Longer than a server may be silent. */
const LONG_MS = 20_000;

/** A server that says these lines as they are read, and nothing after them but the end. */
function serviceOf(lines: readonly string[], ends: boolean): Service {
  const answer: typeof fetch = (_, init) => {
    const left = lines.map((line) => new TextEncoder().encode(line));
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          init!.signal!.addEventListener('abort', () => {
            controller.error(init!.signal!.reason);
          });
        },
        pull(controller) {
          const line = left.shift();
          if (line) controller.enqueue(line);
          else if (ends) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    return Promise.resolve(new Response(body));
  };
  return new Service({ url: 'http://127.0.0.1', token: 'any', fetch: answer });
}

describe('the log, of a server that is silent', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Takes so long over each line. */
  async function kindsOf(service: Service, ms: number): Promise<string[]> {
    const kinds: string[] = [];
    for await (const { kind } of service.log()) {
      kinds.push(kind);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    return kinds;
  }

  it('is read to its end by who takes long over each line', async () => {
    const reading = kindsOf(serviceOf([PROGRESS, PROGRESS, '{"end":true,"seq":1}\n'], true), LONG_MS);
    const read = expect(reading).resolves.toEqual(['progress', 'progress', 'end']);
    await jest.advanceTimersByTimeAsync(4 * LONG_MS);
    await read;
  });

  it.each([[[]], [[PROGRESS]]])('breaks off where nothing comes any more, after %j', async (lines: string[]) => {
    const broken = expect(kindsOf(serviceOf(lines, false), 0)).rejects.toThrow('nothing comes of the log');
    await jest.advanceTimersByTimeAsync(LONG_MS);
    await broken;
    expect(jest.getTimerCount()).toBe(0);
  });
});
