import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Command, Outbox, type OutboxStore } from '../src/outbox.js';
import { connected, connectionInHand, endAll, last, made, settled, type SocketInHand } from './socket-in-hand.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  endAll();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const after = async (ms: number): Promise<void> => {
  await jest.advanceTimersByTimeAsync(ms);
};
/** Acknowledges each command as soon as it is sent. */
async function answering(socket: SocketInHand): Promise<void> {
  for (let i = 0; i < socket.sent.length; i++) {
    socket.tell({ event: 'ack', id: socket.sent[i]!.id, data: {} });
    await settled();
  }
}

describe('an outbox', () => {
  it('sends one command after the other, and no more than 100 at once and 25 a second', async () => {
    const { connection } = await connected();
    const outbox = new Outbox(connection, null);
    for (let i = 0; i < 150; i++) void outbox.send('globalMessage', { content: `${i}` });
    await settled();
    expect(last().sent).toHaveLength(1);
    await answering(last());
    expect(last().sent).toHaveLength(100);
    for (let second = 1; second <= 2; second++) {
      const sent = last().sent.length;
      // The next goes as soon as there is a token for it: one each 40 ms.
      for (let i = 0; i < 25; i++) {
        await after(40);
        const { id } = last().sent.at(-1)!;
        last().tell({ event: 'ack', id, data: {} });
        await settled();
      }
      expect(last().sent.length - sent).toBe(25);
    }
    expect(last().sent.map(({ data }) => data)).toEqual(Array.from({ length: 150 }, (_, i) => ({ content: `${i}` })));
    expect(outbox.pending).toEqual([]);
  });

  it('says at once of what a moderator keeps from being said, for how long, and goes on with the next', async () => {
    const { connection } = await connected();
    const outbox = new Outbox(connection, null);
    const refusals = [
      [{ code: 'slow_mode', retryable: true, retry_after: 30 }, { retryInMs: 30_000 }],
      [{ code: 'muted', retryable: false, until: '2026-01-31T12:00:00.000Z' }, { until: '2026-01-31T12:00:00.000Z' }],
      [{ code: 'banned', retryable: false }, {}],
    ] as const;
    for (const [refusal, wait] of refusals) {
      const sent = outbox.send('globalMessage', { content: 'x' }).catch((error: unknown) => error);
      await settled();
      last().tell({ event: 'nack', id: last().sent.at(-1)!.id, data: { message: 'no', ...refusal } });
      expect(await sent).toMatchObject({ name: 'CommandRefused', code: refusal.code, wait });
      expect(outbox.pending).toEqual([]);
    }
  });

  it('sends what is not acknowledged again over the next connection, with its id, and what the server may take later', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const { connection } = await connected();
    const outbox = new Outbox(connection, null);
    const sent = outbox.send('globalMessage', { content: 'once' }, 'mine');
    await settled();
    last().end(1006);
    await after(500);
    last().onopen!();
    await after(0);
    expect(made.map((socket) => socket.sent.map(({ id }) => id))).toEqual([['mine'], ['mine']]);
    for (const wait of [250, 500, 1_000]) {
      const before = last().sent.length;
      last().tell({ event: 'nack', id: 'mine', data: { code: 'unknown', message: 'later', retryable: true } });
      await after(wait - 1);
      expect(last().sent).toHaveLength(before);
      await after(1);
      expect(last().sent).toHaveLength(before + 1);
    }
    last().tell({ event: 'ack', id: 'mine', data: { message_id: 'm' } });
    expect(await sent).toEqual({ ack: { message_id: 'm' }, answer: undefined });
  });

  it('sends the traceparent of what was given one, again too, and no other', async () => {
    const { connection } = await connected();
    const outbox = new Outbox(connection, null);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const sent = [outbox.send('globalMessage', {}, 'traced', traceparent), outbox.send('globalMessage', {}, 'other')];
    await settled();
    last().tell({ event: 'nack', id: 'traced', data: { code: 'unknown', message: 'later', retryable: true } });
    await after(1_000);
    await answering(last());
    await Promise.all(sent);
    const traced = { event: 'globalMessage', data: {}, id: 'traced', traceparent };
    expect(last().sent).toStrictEqual([traced, traced, { event: 'globalMessage', data: {}, id: 'other' }]);
  });

  it('tells that its store has failed, and sends all the same', async () => {
    const failing = (what: string) => () => Promise.reject(new Error(`no ${what}`));
    const store: OutboxStore = { load: failing('load'), put: failing('put'), remove: failing('remove') };
    const { connection } = await connected();
    const outbox = new Outbox(connection, store);
    const failures: string[] = [];
    outbox.on('storeFailed', ({ error }) => failures.push(error.message));
    const sent = outbox.send('globalMessage', { content: 'all the same' });
    await settled();
    await answering(last());
    await sent;
    expect(failures).toEqual(['no load', 'no put', 'no remove']);
  });

  it('sends what was there before what is given now, once it is read, in one order', async () => {
    let give: (commands: readonly Command[]) => void = () => undefined;
    const kept: Command[] = [];
    const store: OutboxStore = {
      load: () => new Promise((resolve) => (give = resolve)),
      put: (command) => Promise.resolve(void kept.push(command)),
      remove: () => Promise.resolve(),
    };
    const { connection } = connectionInHand();
    const outbox = new Outbox(connection, store);
    void outbox.send('globalMessage', { content: 'now' }, 'now');
    connection.connect();
    await settled();
    last().onopen!();
    await after(0);
    expect(last().sent).toEqual([]);
    give([{ id: 'before', event: 'globalMessage', data: { content: 'before' }, at: 1 }]);
    await settled();
    await answering(last());
    expect(last().sent.map(({ id }) => id)).toEqual(['before', 'now']);
    expect(kept.map(({ id }) => id)).toEqual(['now']);
  });
});
