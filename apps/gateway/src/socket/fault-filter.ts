import { NewerEvent, RetryableError } from '#domain';
import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { OutcomeUnknown } from '#event-store';
import { LineLimit, TurnMissed } from '#platform';
import { type Fault, FrameRefused, INTERNAL, tooMany, UNAVAILABLE, UNKNOWN } from '#protocol';
import { TooMany } from '../commands/allowance.js';
import type { Session } from './session.js';

/** While something is away, or wrong, every frame of everybody is refused: so many lines within so many milliseconds. */
const LINES = 20;
const INTERVAL = 10_000;

/** Tells a client, in its endpoint's own words, what a handler has thrown; of our own errors no more than that. */
@Catch()
export class FaultFilter implements ExceptionFilter {
  private readonly logger = new Logger('Frames');
  private readonly warnings = new LineLimit(this.logger, { lines: LINES, intervalMs: INTERVAL });
  private readonly errors = new LineLimit(this.logger, { level: 'error', lines: LINES, intervalMs: INTERVAL });

  catch(error: unknown, host: ArgumentsHost): void {
    const session = host.switchToWs().getClient<Session>();
    // A list whose turn did not come, and what is too much, say nothing of what is asked next.
    const isAway = error instanceof RetryableError && !(error instanceof TurnMissed || error instanceof TooMany);
    if (isAway) session.waitedInVain();
    session.refuse(this.faultOf(error));
  }

  private faultOf(error: unknown): Fault {
    if (error instanceof FrameRefused) return error.fault;
    if (error instanceof TooMany) return tooMany(error.retryAfter);
    if (error instanceof RetryableError) {
      this.warnings.say(error.message);
      return error instanceof OutcomeUnknown ? UNKNOWN : UNAVAILABLE;
    }
    if (error instanceof NewerEvent) {
      // While a release takes over from another one, a gateway of that can do it.
      this.warnings.say(error.message);
      return UNAVAILABLE;
    }
    this.errors.say(error instanceof Error ? error.message : String(error), error instanceof Error ? error.stack : '');
    return INTERNAL;
  }
}
