import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Response } from 'express';
import { OperationRefused, RetryableError } from '#domain';
import type { EventLog } from '#event-store';
import type { RebuildReport, RebuildRequest } from '#operations';
import { HttpRefusal } from '#platform';
import { timeline } from '#projections';
import type { ReadModels } from '#read-models';
import { Rebuilds } from '../src/operations/rebuilds.js';

/** An answer that somebody waits for, or has left already. */
class Answer extends EventEmitter {
  headersSent = false;
  destroyed = false;
  writableNeedDrain = false;
  readonly headers: Record<string, string> = {};
  readonly written: string[] = [];
  constructor(public closed = false) {
    super();
  }
  setHeader(name: string, value: string): this {
    expect(this.headersSent).toBe(false);
    this.headers[name] = value;
    return this;
  }
  write(line: string): boolean {
    this.headersSent = true;
    return this.written.push(line) > 0;
  }
  get lines(): unknown[] {
    return this.written.map((line) => JSON.parse(line) as unknown);
  }
  end(): void {
    this.closed = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
  leave(): void {
    this.closed = true;
    this.emit('close');
  }
}

afterEach(() => {
  jest.restoreAllMocks();
});

const said = (level: 'log' | 'warn' | 'error') =>
  jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
// The work, which is not the real one, does not look at them.
const none: unknown = {};
const rebuilds = (readModels: unknown = none) => new Rebuilds(none as EventLog, readModels as ReadModels, true);
type Work = (request: RebuildRequest) => Promise<RebuildReport>;
const run = (work: Work, answer: Answer, of = rebuilds()) => of.run(work, timeline, answer as unknown as Response);

const refused = async (asked: Promise<void>) => {
  const error = await asked.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HttpRefusal);
  const { statusCode, errors } = error as HttpRefusal;
  return [statusCode, errors[0]!.reason, errors[0]!.message];
};

describe('a rebuild', () => {
  const report = { version: { number: 2 }, events: 7 } as unknown as RebuildReport;

  it('is told step by step up to its end', async () => {
    const [logged, warned] = [said('log'), said('warn')];
    const answer = new Answer();
    let asked: RebuildRequest | undefined;
    const work: Work = (request) => {
      asked = request;
      request.onProgress(2, 40);
      request.onWarning('an event is of a newer release');
      return Promise.resolve(report);
    };
    await run(work, answer);
    expect(asked).toMatchObject({ projection: timeline, waitsForNewer: true });
    expect(asked!.owner).toMatch(/^operations-\S+$/);
    expect([asked!.log, asked!.readModels]).toEqual([none, none]);
    expect(answer.headers).toEqual({ 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' });
    expect(answer.lines).toEqual([
      { progress: true, version: 2, left: 40 },
      { warning: 'an event is of a newer release' },
      { end: true, ...report },
    ]);
    expect([answer.closed, answer.destroyed]).toEqual([true, false]);
    expect(warned).toHaveBeenCalledWith('rebuild of timeline: an event is of a newer release');
    expect(logged).toHaveBeenCalledWith('rebuilt timeline: version 2 is served');
  });

  it('does not say how far it is to who does not read, but all else', async () => {
    for (const level of ['log', 'warn'] as const) said(level);
    const answer = new Answer();
    answer.writableNeedDrain = true;
    const work: Work = (request) => {
      request.onProgress(2, 40);
      request.onWarning('careful');
      return Promise.resolve(report);
    };
    await run(work, answer);
    expect(answer.lines).toEqual([{ warning: 'careful' }, { end: true, ...report }]);
  });

  it('is refused where there is nothing to rebuild, or another one is under way, and not after that', async () => {
    said('log');
    expect(await refused(run(() => Promise.resolve(report), new Answer(), rebuilds(null)))).toEqual([
      ...[409, 'NOT_ALLOWED', expect.stringContaining('in memory')],
    ]);
    const of = rebuilds();
    let end: (report: RebuildReport) => void = () => undefined;
    const first = run(() => new Promise((resolve) => (end = resolve)), new Answer(), of);
    expect(await refused(run(() => Promise.resolve(report), new Answer(), of))).toEqual([
      ...[409, 'NOT_ALLOWED', expect.stringContaining('a rebuild of timeline is under way here')],
    ]);
    end(report);
    await first;
    await run(() => Promise.reject(new Error('the disk is full')), new Answer(), of).catch(() => undefined);
    const after = new Answer();
    await run(() => Promise.resolve(report), after, of);
    expect(after.lines).toEqual([{ end: true, ...report }]);
  });

  it.each([
    [new OperationRefused('version 1 is built already'), 'version 1 is built already', false],
    [new RetryableError('away'), expect.stringContaining('what is built is kept: try again'), true],
    [new Error('the disk is full'), 'it failed: the log of this process says why', true],
  ])('says in its last line that it failed: %s', async (error, words, isLogged) => {
    const failed = said('error');
    const answer = new Answer();
    const work: Work = (request) => {
      request.onProgress(2, 40);
      return Promise.reject(error);
    };
    await run(work, answer);
    expect(answer.lines.slice(1)).toEqual([{ end: true, refused: words }]);
    expect([answer.closed, failed.mock.calls.length > 0]).toEqual([true, isLogged]);
  });

  it('is an error where it failed before anything was said', async () => {
    const answer = new Answer();
    const failing = (error: Error) => run(() => Promise.reject(error), answer);
    expect(await refused(failing(new OperationRefused('not now')))).toEqual([409, 'NOT_ALLOWED', 'not now']);
    await expect(failing(new Error('the disk is full'))).rejects.toThrow('the disk is full');
    expect(answer.written).toEqual([]);
  });

  it('ends with its process, which waits for it', async () => {
    const warned = said('warn');
    const of = rebuilds();
    const answer = new Answer();
    const steps: string[] = [];
    const running = run(
      async (request) => {
        await untilInterrupted(request).finally(() => new Promise(setImmediate));
        return report;
      },
      answer,
      of,
    ).finally(() => steps.push('the rebuild'));
    await of.onModuleDestroy().finally(() => steps.push('the process'));
    await running;
    expect(steps).toEqual(['the rebuild', 'the process']);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('was interrupted, and is saved'));
    expect([answer.destroyed, answer.written]).toEqual([true, []]);
    await rebuilds().onModuleDestroy();
  });
});

function untilInterrupted({ signal }: RebuildRequest): Promise<never> {
  return new Promise((_, reject) => {
    const interrupt = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', interrupt);
    if (signal.aborted) interrupt();
  });
}

describe('a rebuild that nobody waits for', () => {
  it('ends where who asked had left before it began', async () => {
    const warned = said('warn');
    const answer = new Answer(true);
    await run(untilInterrupted, answer);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('was interrupted'));
    expect([answer.destroyed, answer.written]).toEqual([true, []]);
  }, 2_000);

  it('is told of as interrupted where it was', async () => {
    const [warned, failed] = [said('warn'), said('error')];
    const answer = new Answer();
    const running = run(untilInterrupted, answer);
    answer.leave();
    await running;
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('was interrupted, and is saved'));
    expect(failed).not.toHaveBeenCalled();
  });

  it('is told of as failed where it failed after that', async () => {
    const [warned, failed] = [said('warn'), said('error')];
    const answer = new Answer();
    const running = run(
      (request) =>
        untilInterrupted(request).catch(() => {
          throw new Error('the disk is full');
        }),
      answer,
    );
    answer.leave();
    await running;
    expect(failed).toHaveBeenCalledWith(expect.stringContaining('the disk is full'));
    expect(warned).not.toHaveBeenCalled();
    expect([answer.destroyed, answer.written]).toEqual([true, []]);
  });
});
