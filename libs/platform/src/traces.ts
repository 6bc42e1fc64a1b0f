import { type LoggerService } from '@nestjs/common';
import { startTracing } from '#tracing';
import type { Config } from '#settings';
import { LineLimit } from './line-limit.js';
import type { AtEnd } from './shutdown.js';

/** While the collector is away each attempt fails: a line within so many milliseconds. */
const INTERVAL = 60_000;

/** Traces what this process does where its configuration names an endpoint; else nothing of it is loaded. */
export async function startTraces({ role, traces }: Config, logger: LoggerService, atEnd: AtEnd): Promise<void> {
  const { endpoint, sampler, ratio } = traces;
  if (endpoint === undefined) return;
  const lines = new LineLimit(logger, { lines: 1, intervalMs: INTERVAL });
  const onLost = (spans: number, reason: string): void => {
    lines.say(`${spans} spans were not handed to ${new URL(endpoint).host} and are gone: ${reason}`);
  };
  atEnd('traces', await startTracing({ service: `parley-${role}`, sampler, ratio, onLost }));
}
