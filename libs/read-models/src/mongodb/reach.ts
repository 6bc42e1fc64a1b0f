import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoSystemError,
  MongoTopologyClosedError,
} from 'mongodb';
import { ReadModelsUnavailable } from '../store.js';

/**
 * What a server answers that is starting, stopping, no longer the primary, cut off from its own peers or too slow: the
 * retryable errors of the drivers' specification. And that it has forgotten a cursor, or has not replicated in time.
 */
const PASSING = new Set([
  6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, /* CursorNotFound, WriteConcernTimeout */ 43,
  64,
]);

/** No network, no server, no time, or a client that is closed, as at the end of a process: another may answer. */
const classes = [
  MongoNetworkError,
  MongoSystemError,
  MongoOperationTimeoutError,
  MongoTopologyClosedError,
  MongoClientClosedError,
  MongoNotConnectedError,
];

/** The driver does not export the classes of these. */
const names = new Set(['MongoWaitQueueTimeoutError', 'MongoPoolClosedError']);

/** Whether a fault is one of reach, which trying again may mend. Others come again each time. */
export function isOfReach(error: unknown): boolean {
  // A bulk write wraps what kept its command from being carried out.
  if (error instanceof MongoBulkWriteError && error.errorResponse instanceof Error) {
    return isOfReach(error.errorResponse);
  }
  if (error instanceof MongoServerError) return PASSING.has(Number(error.code));
  if (!(error instanceof MongoError)) return false;
  return classes.some((type) => error instanceof type) || names.has(error.name);
}

/** Turns the driver's faults of reach into {@link ReadModelsUnavailable}. */
export async function reach<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!isOfReach(error)) throw error;
    throw new ReadModelsUnavailable(`the read models' server is away: ${(error as Error).message}`, { cause: error });
  }
}
