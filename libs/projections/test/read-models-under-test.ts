import { randomUUID } from 'node:crypto';
import { memoryReadModels, openMongodbReadModels, type ReadModels } from '#read-models';

const mongodbUrl = process.env['TEST_MONGODB_URL'];

/** Both adapters, each with the way to open empty read models; null where there is no server for it. */
export const adapters: [string, (() => Promise<ReadModels>) | null][] = [
  ['in memory', () => Promise.resolve(memoryReadModels())],
  [
    'MongoDB',
    mongodbUrl === undefined
      ? null
      : () => openMongodbReadModels({ url: mongodbUrl, database: `test_${randomUUID().slice(0, 8)}` }),
  ],
];

/** No promise of anybody: so long that the machine may be busy with other suites. */
const PATIENCE_MS = 30_000;

export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS / 1_000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
