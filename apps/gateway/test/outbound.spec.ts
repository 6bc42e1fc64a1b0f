import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Outbound } from '../src/socket/outbound.js';

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
  outbound = new Outbound(socket, LIMIT);
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
