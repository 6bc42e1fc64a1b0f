import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Outbound } from '../src/socket/outbound.js';
import { Traffic } from '../src/traffic.js';

const LIMIT = 10;

/** A socket that passes on what is written, and is closed, when the test says so. */
class HeldSocket extends Duplex {
  /** What was handed to the system, each in one go. */
  readonly writes: string[] = [];
  passOn: () => void = () => undefined;
  hangUp: () => void = () => undefined;

  override _read(): void {
    // Its client says nothing.
  }

  override _write(chunk: Buffer, _: BufferEncoding, taken: () => void): void {
    this.writes.push(chunk.toString());
    this.passOn = taken;
  }

  override _writev(chunks: { readonly chunk: Buffer }[], taken: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString()).join(''));
    this.passOn = taken;
  }

  override _destroy(_: Error | null, closed: () => void): void {
    this.hangUp = closed;
  }
}

let socket: HeldSocket;
let outbound: Outbound;
beforeEach(() => {
  socket = new HeldSocket();
  outbound = new Outbound(socket, LIMIT, new Traffic());
});

const bytes = (count: number) => Buffer.alloc(count, 'x');

function list(...pieces: string[]) {
  const written = { isOver: false };
  void outbound.writeList(pieces.map((piece) => Buffer.from(piece))).then(() => (written.isOver = true));
  return written;
}

async function passOn(): Promise<void> {
  socket.passOn();
  await nextTurn();
}

it('a reader is too slow while more than the limit waits', async () => {
  outbound.write(bytes(LIMIT));
  expect(outbound.tooSlow).toBe(false);
  outbound.write(bytes(1));
  expect(outbound.tooSlow).toBe(true);
  await passOn();
  expect(outbound.tooSlow).toBe(false);
});

describe('a list', () => {
  it('does not count while it is on its way, and what is written behind it does', async () => {
    expect(outbound.isBlocked).toBe(false);
    const written = list('x'.repeat(LIMIT), 'x'.repeat(LIMIT));
    outbound.write(bytes(LIMIT));
    expect(outbound).toMatchObject({ tooSlow: false, isBlocked: true });
    outbound.write(bytes(1));
    expect(outbound).toMatchObject({ tooSlow: true, isBlocked: true });
    await passOn();
    expect(written.isOver).toBe(true);
    expect(outbound).toMatchObject({ tooSlow: true, isBlocked: false });
  });

  it('is handed over in one go, and leaves nothing on the socket when it has gone', async () => {
    const before = socket.listenerCount('close');
    const written = list('a', 'b', 'c');
    await nextTurn();
    expect([socket.writes, written.isOver]).toEqual([['abc'], false]);
    await passOn();
    expect([socket.listenerCount('close'), written.isOver]).toEqual([before, true]);
    list('d');
    expect(socket.writes).toEqual(['abc', 'd']);
  });

  it('is not over before the socket is closed where it never goes: till then the connection counts as open', async () => {
    outbound.write(bytes(1));
    const written = list('a', 'b');
    socket.destroy();
    await passOn();
    expect(written.isOver).toBe(false);
    socket.hangUp();
    await nextTurn();
    expect([written.isOver, outbound.isBlocked]).toEqual([true, false]);
  });
});

describe('what may be left out', () => {
  const soft = (key: string, text: string, later: string | null = `${text} later`) => {
    outbound.writeSoftly(
      key,
      Buffer.from(text),
      later === null ? null : () => (later === '' ? null : Buffer.from(later)),
    );
  };
  /** More than the system takes at once. */
  const pileUp = () => {
    outbound.write(bytes(socket.writableHighWaterMark));
  };

  it('is written at once while the socket takes it', () => {
    soft('a', 'one');
    soft('a', 'two', null);
    socket.passOn();
    expect(socket.writes).toEqual(['one', 'two']);
    expect(socket.listenerCount('drain')).toBe(0);
  });

  it('waits, the latest of each kind, until the socket takes it, and is made only then', async () => {
    pileUp();
    soft('a', 'one');
    soft('typing', 'nobody waits for this', null);
    soft('b', 'two', '');
    soft('c', 'three');
    soft('a', 'four');
    expect(socket.writes).toHaveLength(1);
    await passOn();
    await passOn();
    expect(socket.writes.slice(1).join(' + ')).toBe('three later + four later');
    soft('a', 'five');
    await passOn();
    expect([socket.writes.at(-1), socket.listenerCount('drain')]).toEqual(['five', 0]);
  });

  it('counts for nothing meanwhile', () => {
    pileUp();
    expect(socket.writableLength).toBe(socket.writableHighWaterMark);
    for (let i = 0; i < 2_000; i++) soft(`${i}`, 'x'.repeat(1_000));
    expect(socket.writableLength).toBe(socket.writableHighWaterMark);
  });

  it('goes on waiting where the socket takes no more of it', async () => {
    pileUp();
    soft('a', 'one', 'x'.repeat(socket.writableHighWaterMark));
    soft('b', 'two');
    await passOn();
    expect(socket.writes).toHaveLength(2);
    await passOn();
    await passOn();
    expect(socket.writes.slice(2)).toEqual(['two later']);
  });

  it('is the latest thousand things', async () => {
    pileUp();
    const made: string[] = [];
    for (let i = 0; i < 1_002; i++) {
      outbound.writeSoftly(`${i}`, Buffer.alloc(0), () => {
        made.push(`${i}`);
        return null;
      });
    }
    await passOn();
    expect([made.length, made[0], made.at(-1)]).toEqual([1_000, '2', '1001']);
  });
});
