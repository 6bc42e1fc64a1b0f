import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as pass } from 'node:timers/promises';
import { blockPerson, type ChatCreated, directRoom, type RecordedEvent, unblockPerson } from '#domain';
import { decodeRecord, LogUnavailable } from '#event-store';
import { Blocks } from '../src/commands/blocks.js';
import { MemoryLogServer } from '../../../libs/event-store/test/memory-log.js';
import { arrived, ChatInMemory, holdTime, settle } from './chat-in-memory.js';

const room = directRoom('1', '2');
let chat: ChatInMemory;
let blocks: Blocks;
let others: Blocks;
beforeEach(async () => {
  holdTime();
  chat = await ChatInMemory.start();
  chat.open('1', '2');
  blocks = new Blocks(chat.log);
  others = new Blocks(chat.elsewhere);
  for (const one of [blocks, others]) one.onApplicationBootstrap();
  await settle();
});
afterEach(() => {
  for (const one of [blocks, others]) one.onApplicationShutdown();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** In the log, without a word to anybody. */
function decide(isBlocked: boolean): RecordedEvent {
  const opened = decodeRecord(chat.server.records[0]!) as RecordedEvent<ChatCreated>;
  const command = { key: chat.nextKey(), at: '2026-01-01T00:00:00.000Z', by: '2' };
  const state = { chat: opened, blockers: isBlocked ? [] : ['2'] };
  const decision = isBlocked ? blockPerson(command, state) : unblockPerson(command, state);
  if ('refusal' in decision) throw new Error(decision.refusal.message);
  chat.append(decision.event!);
  return decodeRecord(chat.server.records.at(-1)!);
}
const known = async (at = blocks) => {
  const [blockers] = await Promise.all([at.of(room), settle()]);
  return blockers;
};

describe('who blocks whom', () => {
  it('is read once where nobody does, and told from then on, also where it was told first', async () => {
    const last = jest.spyOn(chat.log, 'last');
    expect([await known(), await known()]).toEqual([[], []]);
    expect(last).toHaveBeenCalledTimes(1);
    const before = decide(true);
    others.tell(before);
    await settle();
    expect([await known(), await known(others)]).toEqual([['2'], ['2']]);
    last.mockClear();
    others.tell(decide(false));
    // What is older than what is known does not count, whoever says it.
    others.tell(before);
    await settle();
    expect([await known(), await known(others)]).toEqual([[], []]);
    expect(last).not.toHaveBeenCalled();
  });

  it('is as the log has it where another release tells it otherwise', async () => {
    for (const text of ['{', 'null', `{"room":"${room}","seq":99}`]) chat.elsewhere.live.signal('blocks', text);
    await settle();
    expect(await known()).toEqual([]);
  });

  it('is asked of the log before anybody is refused: that it is over may not have been told', async () => {
    others.tell(decide(true));
    await settle();
    expect(await known()).toEqual(['2']);
    decide(false);
    expect(await known()).toEqual([]);
  });

  it('is what was told while the log was asked', async () => {
    const held = chat.log.connection.gates.hold('last answer');
    const asked = blocks.of(room);
    await arrived(held);
    others.tell(decide(true));
    await settle();
    held.release();
    await settle();
    expect([await asked, await known()]).toEqual([['2'], ['2']]);
  });

  it('is asked again after the connection was lost', async () => {
    expect(await known()).toEqual([]);
    decide(true);
    expect(await known()).toEqual([]);
    chat.log.connection.lose();
    chat.log.connection.comeBack();
    await settle();
    expect(await known()).toEqual(['2']);
  });

  it.each(['nothing is stored', null])('is asked again once it is said of what is stored: %s', async (hindrance) => {
    expect(await known()).toEqual([]);
    decide(true);
    expect(await known()).toEqual([]);
    chat.log.tellHindrance(hindrance);
    expect(await known()).toEqual(['2']);
  });

  it('is asked each time while nothing is stored', async () => {
    chat.log.tellHindrance('nothing is stored');
    expect(await known()).toEqual([]);
    decide(true);
    expect(await known()).toEqual(['2']);
    chat.log.tellHindrance(null);
    decide(false);
    expect(await known()).toEqual([]);
    decide(true);
    expect(await known()).toEqual([]);
  });

  it('is asked again ten minutes later', async () => {
    jest.useRealTimers();
    let now = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const knownAfter = async (ms: number) => {
      const server = new MemoryLogServer();
      const own = new Blocks(server.connect());
      expect(await own.of(room)).toEqual([]);
      const { seq: _, ...event } = decide(true);
      server.append(event);
      now += ms;
      // The cache looks at the clock once in a millisecond.
      await pass(5);
      return own.of(room);
    };
    expect([await knownAfter(600_000), await knownAfter(600_001)]).toEqual([[], ['2']]);
  });

  it('is heard of no more once it is shut down', async () => {
    expect(await known()).toEqual([]);
    blocks.onApplicationShutdown();
    others.tell(decide(true));
    await settle();
    expect(await known()).toEqual([]);
    chat.log.connection.lose();
    chat.log.connection.comeBack();
    expect(await known()).toEqual([]);
  });

  it('is not known where the log is away', async () => {
    jest.spyOn(chat.log, 'last').mockRejectedValueOnce(new LogUnavailable('away'));
    await expect(blocks.of(room)).rejects.toThrow(LogUnavailable);
  });
});
