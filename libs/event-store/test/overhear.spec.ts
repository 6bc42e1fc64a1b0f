import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { errors } from '@nats-io/transport-node';
import { Live } from '../src/live.js';
import { Subjects } from '../src/subjects.js';

type Callback = (error: Error | null, message: unknown) => void;

describe('whoever overhears', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** What came to the surface once the subscriptions were told of an error. */
  function surfaced(error: Error): unknown[] {
    const callbacks: Callback[] = [];
    const nats = {
      subscribe: (_: string, { callback }: { readonly callback: Callback }) => {
        callbacks.push(callback);
        return { isClosed: () => true };
      },
    };
    const faults: unknown[] = [];
    jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((rethrow) => {
      try {
        rethrow();
      } catch (fault) {
        faults.push(fault);
      }
    });
    new Live({ nats } as never, new Subjects('test')).overhear(null, () => undefined);
    for (const callback of callbacks) callback(error, undefined);
    return faults;
  }

  it('hears nothing where he has no right to, and is told of any other fault', () => {
    const refused = new errors.PermissionViolationError('no', 'subscription', 'test.live.room.*');
    expect(surfaced(refused)).toEqual([]);
    const other = new Error('something else');
    expect(surfaced(other)).toEqual([other, other]);
  });
});
