import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Response } from 'express';
import type { EventLog } from '#event-store';
import type { RebuildRequest } from '#operations';
import { timeline } from '#projections';
import type { ReadModels } from '#read-models';
import { Rebuilds } from '../src/operations/rebuilds.js';

// What becomes of a rebuild that nobody waits for any more.

/** An answer that somebody waits for, or has left already. */
class Answer extends EventEmitter {
  readonly headersSent = false;
  destroyed = false;
  readonly written: string[] = [];
  constructor(public closed: boolean) {
    super();
  }
  setHeader(): this {
    return this;
  }
  write(line: string): boolean {
    return this.written.push(line) > 0;
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

describe('a rebuild that nobody waits for', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const said = (level: 'warn' | 'error') => jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  // The work, which is not the real one, does not look at them.
  const none: unknown = {};
  const run = (work: (request: RebuildRequest) => Promise<never>, answer: Answer) =>
    new Rebuilds(none as EventLog, none as ReadModels, false).run(work, timeline, answer as unknown as Response);
  const untilInterrupted = ({ signal }: RebuildRequest) =>
    new Promise<never>((_, reject) => {
      const interrupt = () => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', interrupt);
      if (signal.aborted) interrupt();
    });

  it('ends where who asked had left before it began', async () => {
    const warned = said('warn');
    const answer = new Answer(true);
    await run(untilInterrupted, answer);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('was interrupted'));
    expect([answer.destroyed, answer.written]).toEqual([true, []]);
  }, 2_000);

  it('is told of as interrupted where it was', async () => {
    const [warned, failed] = [said('warn'), said('error')];
    const answer = new Answer(false);
    const running = run(untilInterrupted, answer);
    answer.leave();
    await running;
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('was interrupted, and is saved'));
    expect(failed).not.toHaveBeenCalled();
  });

  it('is told of as failed where it failed after that', async () => {
    const [warned, failed] = [said('warn'), said('error')];
    const answer = new Answer(false);
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
