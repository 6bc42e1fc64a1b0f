import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { isRetryable } from '#event-store';
import { type Fault, FrameRefused, INTERNAL, UNAVAILABLE } from '#protocol';
import type { Session } from './session.js';

/** Tells a client, in its endpoint's own words, what a handler has thrown; of our own errors no more than that. */
@Catch()
export class FaultFilter implements ExceptionFilter {
  private readonly logger = new Logger('Frames');

  catch(error: unknown, host: ArgumentsHost): void {
    host.switchToWs().getClient<Session>().refuse(this.faultOf(error));
  }

  private faultOf(error: unknown): Fault {
    if (error instanceof FrameRefused) return error.fault;
    if (isRetryable(error)) {
      this.logger.warn(error instanceof Error ? error.message : String(error));
      return UNAVAILABLE;
    }
    this.logger.error(
      error instanceof Error ? error.message : String(error),
      error instanceof Error ? error.stack : '',
    );
    return INTERNAL;
  }
}
