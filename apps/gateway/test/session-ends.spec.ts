import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CLOSE } from '#protocol';
import { Closings } from '../src/socket/closings.js';
import type { Session, SharedParts } from '../src/socket/session.js';
import { Traffic } from '../src/traffic.js';
import type { ChatClient } from './chat-client.js';
import { handlersOf, SessionsOnSockets, settings } from './sessions-on-sockets.js';
import { until } from './until.js';

const sockets = new SessionsOnSockets();
const limits: SharedParts['limits'] = { ...settings.limits, pingSeconds: 10, pongSeconds: 2 };

beforeAll(async () => {
  Logger.overrideLogger(false);
  await sockets.start();
});
afterEach(() => {
  sockets.cut();
});
afterAll(() => {
  sockets.stop();
});

interface Connected {
  readonly session: Session;
  readonly client: ChatClient;
}

describe('a connection that ends is counted once, by why', () => {
  const ends: [string, (connected: Connected) => void][] = [
    [
      'client',
      ({ client }) => {
        client.ws.close(1000);
      },
    ],
    // As a browser's page does that is left, and a client that gives no code.
    [
      'client',
      ({ client }) => {
        client.ws.close();
      },
    ],
    // A client may close with any code of its own; it is still the client that did.
    [
      'client',
      ({ client }) => {
        client.ws.close(CLOSE.slowReader.code);
      },
    ],
    [
      'broken',
      ({ client }) => {
        client.ws.terminate();
      },
    ],
    [
      'slow_reader',
      ({ session }) => {
        session.close(CLOSE.slowReader);
      },
    ],
    [
      'restart',
      ({ session }) => {
        session.sendAway();
      },
    ],
    [
      'frame_too_large',
      ({ client }) => {
        client.ws.send('x'.repeat(limits.frameBytes + 1));
      },
    ],
    [
      'silent',
      ({ session, client }) => {
        client.ws.pong = () => undefined;
        const now = performance.now();
        session.beat(now + 10_001);
        session.beat(now + 13_000);
      },
    ],
  ];
  it.each(ends)('%s', async (reason, end) => {
    const traffic = new Traffic();
    const connected = await sockets.connect({ limits, traffic, closings: new Closings(traffic) });
    let isOver = false;
    connected.session.whenOver(() => (isOver = true));
    end(connected);
    await until('it is over', () => isOver);
    expect(Object.entries(traffic.closed).filter(([, count]) => count > 0)).toEqual([[reason, 1]]);
  });

  it('also where it is closed twice over', async () => {
    const traffic = new Traffic();
    const { session, client } = await sockets.connect({ limits, traffic, closings: new Closings(traffic) });
    session.close(CLOSE.tokenRevoked);
    client.ws.terminate();
    let isOver = false;
    session.whenOver(() => (isOver = true));
    await until('it is over', () => isOver);
    expect(Object.values(traffic.closed).reduce((sum, count) => sum + count)).toBe(1);
  });
});

it('a command is timed from when its frame came, with all that it waited for those before it', async () => {
  const took: number[] = [];
  const traffic = new Traffic((seconds) => took.push(seconds));
  const { session, client } = await sockets.connect({ traffic });
  const begun: (() => void)[] = [];
  session.serve(
    handlersOf({
      work: () =>
        session.attempts.make(
          undefined,
          null,
          () =>
            new Promise<undefined>((resolve) =>
              begun.push(() => {
                resolve(undefined);
              }),
            ),
        ),
    }),
  );
  for (let i = 0; i < 2; i++) client.send('work');
  await until('the first is at work, the second waits', () => begun.length === 1 && session.waiting.frames === 1);
  await new Promise((resolve) => setTimeout(resolve, 120));
  begun[0]!();
  await until('the second is at work', () => begun.length === 2);
  begun[1]!();
  await until('both are done', () => took.length === 2);
  expect(Math.min(...took)).toBeGreaterThan(0.1);
});
