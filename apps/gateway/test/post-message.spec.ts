import { RecentMessages } from '../src/commands/recent-messages.js';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { directRoom, keySequence, MODERATES_NOTHING, openChat, type WordFilter } from '#domain';
import { decodeRecord, DirectChats, LogUnavailable, OutcomeUnknown } from '#event-store';
import { ServedTimeline } from '#projections';
import { memoryReadModels } from '#read-models';
import { type MemoryLog, MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { Attempts } from '../src/commands/attempts.js';
import type { Caller } from '../src/commands/command.js';
import { PostDirectMessage, PostDirectMessageHandler } from '../src/commands/post-message.js';
import { Blocks } from '../src/commands/blocks.js';
import { KnownMessages } from '../src/commands/known-messages.js';
import { Person } from '../src/feeds/person.js';
import { settings } from './sessions-on-sockets.js';

const room = directRoom('1', '2');
const at = '2026-01-01T00:00:00.000Z';
const newKey = keySequence(Buffer.alloc(8));

let server: MemoryLogServer;
let log: MemoryLog;
let handler: PostDirectMessageHandler;
let caller: Caller;

beforeEach(async () => {
  Logger.overrideLogger(false);
  server = new MemoryLogServer();
  log = server.connect();
  await log.decide(room, 'chat', () => openChat({ key: newKey(), at, by: '1', receiver: '2' }, null));
  handler = posterWith(null);
  const admit = () => Promise.resolve();
  caller = {
    person: new Person('1'),
    moderates: MODERATES_NOTHING,
    isOpen: true,
    admit,
    attempts: new Attempts('1', newKey, admit),
  };
});
afterEach(() => {
  jest.restoreAllMocks();
});

function posterWith(filter: WordFilter | null, blockedMessages = settings.blockedMessages): PostDirectMessageHandler {
  const recent = new RecentMessages();
  const known = new KnownMessages(new ServedTimeline(memoryReadModels()), recent, log);
  const blocks = new Blocks(log);
  return new PostDirectMessageHandler(
    ...([log, new DirectChats(log), recent, known, blocks, { blockedMessages }, filter] as const),
  );
}

const post = (content: string, id?: string) =>
  handler.execute(new PostDirectMessage(caller, 1, '2', content, null, id));
const stored = () => server.records.map((record) => decodeRecord(record)).slice(1);

describe('a direct message', () => {
  it('with other words is another one, also where what came of the one before is unknown', async () => {
    const answer = log.connection.gates.hold('append answer');
    const lost = post('first');
    await answer.arrived;
    log.connection.lose();
    await expect(lost).rejects.toThrow(OutcomeUnknown);
    log.connection.comeBack();
    for (const content of ['second', 'first']) await post(content);
    expect(stored()).toMatchObject([{ content: 'first' }, { content: 'second' }]);
  });

  it('says what the word filter leaves of it, or nothing', async () => {
    handler = posterWith((text) => (text === 'no' ? null : text.toUpperCase()));
    expect(await post('no')).toMatchObject({ refusal: { code: 'filtered' } });
    expect(await post('yes')).toMatchObject({ ack: {} });
    expect(stored()).toMatchObject([{ content: 'YES' }]);
  });

  it('to who blocks is said to nobody, or refused where the gateway is to tell', async () => {
    server.append({ type: 'PersonBlocked', room, id: `block.${newKey()}`, at, by: '2', blockers: ['2'] });
    handler = posterWith(null, 'hidden');
    expect(await post('into the void')).toMatchObject({ ack: {} });
    handler = posterWith(null, 'refused');
    expect(await post('hello')).toMatchObject({ refusal: { code: 'blocked' } });
    expect(stored()).toMatchObject([{ type: 'PersonBlocked' }, { content: 'into the void' }]);
  });

  it('is not sent to the log where finding its chat took all the time there was', async () => {
    const asked = log.connection.gates.hold('recordAt');
    const late = post('late');
    await asked.arrived;
    const now = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(now + 5_000);
    asked.release();
    await expect(late).rejects.toThrow(LogUnavailable);
    expect(stored()).toEqual([]);
  });
});
