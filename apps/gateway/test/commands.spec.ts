import { beforeEach, describe, expect, it } from '@jest/globals';
import { keySequence, MODERATES_NOTHING } from '#domain';
import { ServedTimeline, TIMELINE_FORMAT, timelineCollections } from '#projections';
import { firstVersion, memoryReadModels } from '#read-models';
import { MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { stopwatch } from '../../../libs/event-store/test/stopwatch.js';
import { Attempts } from '../src/commands/attempts.js';
import type { Caller } from '../src/commands/command.js';
import { ReactToMessage, ReactToMessageHandler } from '../src/commands/react.js';
import { untilShown } from '../src/commands/read-in-time.js';
import { Person } from '../src/feeds/person.js';
import { KnownMessages } from '../src/commands/known-messages.js';
import { RecentMessages } from '../src/commands/recent-messages.js';

const newKey = keySequence(Buffer.alloc(8));
const caller = (isOpen: boolean): Caller => {
  const admit = () => Promise.resolve();
  return {
    person: new Person('7'),
    moderates: MODERATES_NOTHING,
    isOpen,
    admit,
    attempts: new Attempts('7', newKey, admit),
  };
};

let served: ServedTimeline;
beforeEach(async () => {
  const readModels = memoryReadModels();
  await readModels.versions.replace('timeline', firstVersion(TIMELINE_FORMAT, 1));
  await readModels.projection('timeline', 1).setUp(timelineCollections);
  served = new ServedTimeline(readModels);
});

/** How often something is looked for until it was three times, or is given up. */
async function looks(by: { isOpen: boolean }): Promise<number> {
  let count = 0;
  await untilShown(by as Caller, { deadline: Infinity }, () => {
    if (++count === 3) by.isOpen = false;
    return Promise.resolve(null);
  });
  return count;
}

describe('what a connection waits for', () => {
  it('to be shown is looked for again and again, and once only where the connection has ended', async () => {
    expect(await looks(caller(true))).toBe(3);
    expect(await looks(caller(false))).toBe(1);
  });

  it('to react to is not waited for once the connection has ended', async () => {
    const log = new MemoryLogServer().connect();
    const recent = new RecentMessages();
    const messageId = newKey();
    recent.add(messageId);
    const handler = new ReactToMessageHandler(log, new KnownMessages(served, recent, log));
    const took = stopwatch();
    const reacting = handler.execute(new ReactToMessage(caller(false), 'global', messageId, '👍'));
    expect(await reacting).toMatchObject({ refusal: { code: 'not_found' } });
    // It would be looked for for seconds.
    expect(took()).toBeLessThan(1_000);
  });
});
