import { describe, expect, it } from '@jest/globals';
import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoCompatibilityError,
  MongoDriverError,
  MongoInvalidArgumentError,
  MongoMissingCredentialsError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoParseError,
  MongoRuntimeError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoUnexpectedServerResponseError,
} from 'mongodb';
import { isOfReach, reach } from '../src/mongodb/reach.js';
import { ReadModelsUnavailable } from '../src/index.js';

// Which of the driver's faults trying again may mend.

/** What the driver throws and does not export. */
const door: string = 'mongodb/lib/cmap/errors.js';
const hidden = (await import(door)) as Record<string, new (...args: unknown[]) => Error>;
const pool = { address: '127.0.0.1:27017' };

const answered = (code: number) => new MongoServerError({ message: 'as the server says', code });
const inBulk = (error: unknown) => new MongoBulkWriteError(error as never, null as never);

const passing: readonly Error[] = [
  new MongoNetworkError('connection closed'),
  new MongoNetworkTimeoutError('connection timed out'),
  new MongoServerSelectionError('no server', { error: null } as never),
  new MongoOperationTimeoutError('too late'),
  new MongoTopologyClosedError(),
  new MongoClientClosedError(),
  new MongoNotConnectedError('not connected'),
  new hidden['PoolClearedError']!(pool),
  new hidden['PoolClosedError']!(pool),
  new hidden['WaitQueueTimeoutError']!('timed out', pool.address),
  ...[6, 7, 43, 64, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436].map(answered),
  inBulk(new MongoNetworkError('cut in the middle')),
  inBulk(answered(10107)),
  inBulk({ message: 'interrupted at shutdown', code: 11600 }),
];

const lasting: readonly Error[] = [
  new MongoInvalidArgumentError('no document'),
  new MongoParseError('no URL'),
  new MongoCompatibilityError('too old'),
  new MongoMissingCredentialsError('no password'),
  new MongoRuntimeError('a fault of the driver'),
  new MongoUnexpectedServerResponseError('nonsense'),
  new MongoDriverError('any'),
  // Bad value, unauthorized, authentication failed, document too large, duplicate key, failed validation.
  ...[2, 13, 18, 10334, 11000, 17280, 121].map(answered),
  new MongoServerError({ message: 'no code' }),
  inBulk(new MongoInvalidArgumentError('no document')),
  inBulk(answered(17280)),
  inBulk({ message: 'duplicate key', code: 11000 }),
  new TypeError('a fault of ours'),
  new RangeError('BSON: the document is too large'),
];

const named = (errors: readonly Error[]) =>
  errors.map((error) => [`${error.name} ${(error as { code?: number }).code ?? error.message}`, error] as const);

describe('a fault of the driver', () => {
  it.each(named(passing))('is one of reach: %s', async (_, error) => {
    expect(isOfReach(error)).toBe(true);
    const failing = reach(() => Promise.reject(error));
    await expect(failing).rejects.toBeInstanceOf(ReadModelsUnavailable);
    await expect(failing).rejects.toMatchObject({ name: 'ReadModelsUnavailable', cause: error });
  });

  it.each(named(lasting))('comes again, and is told as it is: %s', async (_, error) => {
    expect(isOfReach(error)).toBe(false);
    await expect(reach(() => Promise.reject(error))).rejects.toBe(error);
  });
});
