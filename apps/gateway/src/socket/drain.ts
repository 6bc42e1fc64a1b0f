import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { Hub } from '../feeds/hub.js';
import { Reception } from './reception.js';
import { sleep } from '../patiently.js';

/** Milliseconds: over which the closes are spread, at most between two, and until what is left is cut. */
const SPREAD = 1_500;
const GAP = 20;
const PATIENCE = 3_500;
/** How long a connection has to be answered what it has sent. Milliseconds. */
const ANSWERS = 1_000;

/**
 * Before the process goes: nobody is let in, and everybody is answered what they have sent and told to come back, not
 * all at the same moment.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Drain.name);

  constructor(
    @Inject(Hub) private readonly hub: Hub,
    @Inject(Reception) private readonly reception: Reception,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.reception.close();
    const { sessions } = this.hub;
    if (sessions.size === 0) return;
    this.logger.log(`closing ${sessions.size} connections`);
    const until = performance.now() + PATIENCE;
    const slices = Math.min(sessions.size, Math.ceil(SPREAD / GAP));
    const perSlice = Math.ceil(sessions.size / slices);
    let closed = 0;
    for (const session of [...sessions]) {
      session.finish(ANSWERS);
      if (++closed % perSlice === 0) await sleep(GAP);
    }
    while (sessions.size > 0 && performance.now() < until) await sleep(GAP);
    for (const session of [...sessions]) session.terminate();
  }
}
