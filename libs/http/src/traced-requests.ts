import type { NextFunction, Request, Response } from 'express';
import { beginTrace, isTracing, type Step } from '#tracing';

/** Asked all the time, by whoever looks after the process. */
const HEALTH = /^\/health\//;

/**
 * Requests as steps of traces: what they have stored is the next step. They are named by their routes, since what is
 * asked for may name people.
 */
export function traceRequests(request: Request, response: Response, next: NextFunction): void {
  if (!isTracing() || HEALTH.test(request.path)) {
    next();
    return;
  }
  const { method } = request;
  const step = beginTrace(method, request.headers.traceparent, { 'http.request.method': method });
  if (!step) {
    next();
    return;
  }
  response.once('close', () => {
    end(step, request, response);
  });
  step.run(next);
}

function end(step: Step, request: Request, { statusCode, writableFinished }: Response): void {
  const route = (request as { route?: { path?: unknown } }).route?.path;
  if (typeof route === 'string') step.rename(`${request.method} ${route}`);
  const facts = { 'http.response.status_code': statusCode, ...(typeof route === 'string' && { 'http.route': route }) };
  step.end(facts, statusCode >= 500 ? String(statusCode) : writableFinished ? null : 'cut off');
}
