import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import { OperationRefused, RetryableError } from '#domain';
import { EventLog } from '#event-store';
import type { RebuildReport, RebuildRequest } from '#operations';
import { httpFault, HttpRefusal, workerName } from '#platform';
import type { Projection } from '#projections';
import type { ReadModels } from '#read-models';

/** Injection token: the read models that can be rebuilt; null where they are in the memory of a process. */
export const REBUILT = Symbol('read models that can be rebuilt');
/** Injection token: whether what only a newer release can read is waited for. */
export const WAITS_FOR_NEWER = Symbol('whether newer events are waited for');

const refused = (message: string) => new HttpRefusal(409, [httpFault('NOT_ALLOWED', message)]);

/**
 * Rebuilds that were asked for over HTTP, one at a time. The request is the rebuild, as chatctl's process is: where who
 * asked leaves, or this process ends, it ends as by Ctrl-C, saved as far as it is, and the same request goes on there.
 */
@Injectable()
export class Rebuilds implements OnModuleDestroy {
  readonly #logger = new Logger(Rebuilds.name);
  readonly #closing = new AbortController();
  #running: { readonly name: string; readonly done: Promise<void> } | null = null;

  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(REBUILT) private readonly readModels: ReadModels | null,
    @Inject(WAITS_FOR_NEWER) private readonly waitsForNewer: boolean,
  ) {}

  /** Answers with a line for each step, and one for the end. @throws HttpRefusal before the first line */
  async run(
    work: (request: RebuildRequest) => Promise<RebuildReport>,
    projection: Projection<unknown>,
    response: Response,
  ): Promise<void> {
    const { readModels } = this;
    if (!readModels)
      throw refused('read models in memory are built from the log at each start: there is no other version');
    if (this.#running) {
      throw refused(
        `a rebuild of ${this.#running.name} is under way here: wait for its end; the status shows how far it is`,
      );
    }
    const { name } = projection;
    const done = this.#follow((rest) => work({ ...rest, projection, readModels }), name, response).finally(() => {
      this.#running = null;
    });
    this.#running = { name, done };
    await done;
  }

  async onModuleDestroy(): Promise<void> {
    this.#closing.abort();
    await this.#running?.done.catch(() => undefined);
  }

  async #follow(
    work: (rest: Omit<RebuildRequest, 'projection' | 'readModels'>) => Promise<RebuildReport>,
    name: string,
    response: Response,
  ): Promise<void> {
    const left = new AbortController();
    const leave = () => {
      left.abort();
    };
    response.once('close', leave);
    // Who left before would else never be seen to, and all of it be built for nobody.
    if (response.closed) leave();
    const signal = AbortSignal.any([left.signal, this.#closing.signal]);
    const say = (line: object) => {
      if (response.closed) return;
      if (!response.headersSent)
        response.setHeader('Content-Type', 'application/x-ndjson').setHeader('Cache-Control', 'no-store');
      response.write(`${JSON.stringify(line)}\n`);
    };
    try {
      const report = await work({
        ...{ log: this.log, signal, waitsForNewer: this.waitsForNewer, owner: `operations-${workerName()}` },
        onProgress: (version, eventsLeft) => {
          // How far it is can be left out for who does not read.
          if (!response.writableNeedDrain) say({ progress: true, version, left: eventsLeft });
        },
        onWarning: (line) => {
          this.#logger.warn(`rebuild of ${name}: ${line}`);
          say({ warning: line });
        },
      });
      this.#logger.log(`rebuilt ${name}: version ${report.version.number} is served`);
      say({ end: true, ...report });
    } catch (error) {
      const isInterrupted = signal.aborted && (error as Error).name === 'AbortError';
      if (isInterrupted) this.#logger.warn(`the rebuild of ${name} was interrupted, and is saved as far as it is`);
      else if (!response.headersSent && !signal.aborted)
        throw error instanceof OperationRefused ? refused(error.message) : error;
      else say({ end: true, refused: this.#told(name, error) });
    }
    // Broken off: who reads sees that it has no end.
    if (signal.aborted) response.destroy();
    else response.end();
  }

  #told(name: string, error: unknown): string {
    if (error instanceof OperationRefused) return error.message;
    this.#logger.error(`rebuild of ${name}: ${String(error)}`);
    if (error instanceof RetryableError) return 'a server that this needs is away; what is built is kept: try again';
    return 'it failed: the log of this process says why';
  }
}
