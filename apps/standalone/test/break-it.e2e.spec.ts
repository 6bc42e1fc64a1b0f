import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { RoomChat } from '#client';
import { ChatServer } from '../../workbench/test/chat-server.js';
import type { Fault, FaultKind } from '../src/break-it/faults.js';
import { OwnNats } from '../src/servers/own-nats.js';

// What can be broken in a server that is there to be tried, and that nothing is lost by it.

type State = { readonly faults: readonly Fault[]; readonly spared: Partial<Record<FaultKind, string>> };

const stateOf = async ({ http }: ChatServer): Promise<State> =>
  (await (await fetch(`${http}/development/break`)).json()) as State;

const press = (server: ChatServer, kind: string, body: object = {}): Promise<Response> =>
  fetch(`${server.http}/development/break/${kind}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** While the gateway is dead nobody answers. */
async function mended(server: ChatServer): Promise<readonly Fault[]> {
  for (;;) {
    const state = await stateOf(server).catch(() => null);
    if (state?.faults.every(({ until }) => until !== null)) return state.faults;
    await pause(100);
  }
}

let people = 0;

const countOf = (told: readonly string[], what: string) => told.filter((text) => text.startsWith(what)).length;

/** Two people; the first says something now and then, and it is kept what each was told. */
class Talk {
  readonly acknowledged = new Map<string, number>();
  readonly told = { ada: [] as string[], bob: [] as string[] };
  readonly states: string[] = [];
  /** From when both are told what is said. */
  readonly begun: Promise<unknown>;
  private isOver = false;
  private readonly sent: Promise<void>[] = [];
  private readonly talking: Promise<void>;
  private readonly ada: RoomChat;
  private readonly bob: RoomChat;

  constructor(server: ChatServer, clan: string) {
    const chat = (userId: number) => {
      const token = server.token(userId, { clanId: clan });
      return new RoomChat({ url: server.http, token });
    };
    // Nobody of another talk: who is in a clan stays there, whatever a later token says.
    [this.ada, this.bob] = [chat(++people), chat(++people)];
    for (const name of ['ada', 'bob'] as const) {
      this[name].on('message', ({ message }) => this.told[name].push(message.content));
      this[name].on('state', ({ state }) => this.states.push(`${name} ${state}`));
      this[name].connect();
    }
    this.begun = Promise.all(
      [this.ada, this.bob].map(
        (chat) =>
          new Promise<void>((resolve) => {
            chat.on('reset', ({ room }) => {
              if (room === 'clan') resolve();
            });
          }),
      ),
    );
    this.talking = this.talk();
  }

  private async talk(): Promise<void> {
    await this.begun;
    for (let i = 0; !this.isOver; i++) {
      const text = `said ${i}`;
      this.sent.push(this.ada.send('clan', text).then(() => void this.acknowledged.set(text, i)));
      await pause(100);
    }
  }

  /** Until all that was said is told to both, and `floods` of what others said to the second. */
  async end(floods = 0): Promise<void> {
    this.isOver = true;
    await this.talking;
    await Promise.all(this.sent);
    const isTold = () =>
      [this.told.ada, this.told.bob].every((told) => countOf(told, 'said') >= this.acknowledged.size) &&
      countOf(this.told.bob, 'flood') >= floods;
    // Who was thrown out again and again waits for up to 20 s before they come back.
    for (let i = 0; !isTold() && i < 300; i++) await pause(100);
    for (const chat of [this.ada, this.bob]) chat.disconnect();
  }

  /** What each was told of what was said, each once and in its order, is all of it. */
  expectWhole(): void {
    const all = Array.from({ length: this.acknowledged.size }, (_, i) => `said ${i}`);
    const ofTalk = (told: readonly string[]) => told.filter((text) => text.startsWith('said'));
    expect(ofTalk(this.told.bob)).toEqual(all);
    expect(ofTalk(this.told.ada)).toEqual(all);
  }
}

describe('what can be broken', () => {
  let server: ChatServer;
  let nats: OwnNats;
  const folder = mkdtempSync(join(tmpdir(), 'parley-break-'));

  beforeAll(async () => {
    const cacheDir = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
    nats = await OwnNats.start({ cacheDir, dataDir: folder, log: () => undefined });
    server = await ChatServer.start({}, undefined, { ownNats: nats });
  });
  afterAll(async () => {
    await server.stop();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const clan = () => randomBytes(3).toString('hex');

  it.each(['projector', 'gateway', 'nats', 'network'] as const)(
    'loses nothing and doubles nothing: %s',
    async (kind) => {
      const talk = new Talk(server, clan());
      await talk.begun;
      await pause(500);
      const answer = await press(server, kind);
      expect(answer.status).toBe(202);
      const { id } = (await answer.json()) as Fault;
      await pause(500);
      const fault = (await mended(server)).find((one) => one.id === id)!;
      expect(fault.said).toBeNull();
      expect(fault.until! - fault.from).toBeGreaterThan(2_900);
      await pause(500);
      await talk.end();
      talk.expectWhole();
      if (kind === 'gateway') expect(talk.states.filter((state) => state === 'bob connected').length).toBe(2);
    },
    90_000,
  );

  it('floods a room, below the limits and above them', async () => {
    const talk = new Talk(server, 'flooded');
    await press(server, 'flood', { clan: 'flooded' });
    const faults = await mended(server);
    const counts = /(\d+) messages said by 9 people in 5 s: (\d+) stored, .*; (\d+) cut off/.exec(faults.at(-1)!.said!);
    const stored = Number(counts![2]);
    await talk.end(stored);
    talk.expectWhole();
    expect(stored).toBeGreaterThan(200);
    expect(counts![3]).toBe('1');
    expect(countOf(talk.told.bob, 'flood')).toBeGreaterThanOrEqual(stored);
  });

  it('survives all of it at once, each pressed twice, and again', async () => {
    const talk = new Talk(server, clan());
    for (let round = 0; round < 2; round++) {
      const kinds = ['projector', 'network', 'nats', 'flood', 'gateway'];
      for (const kind of round === 0 ? kinds : kinds.toReversed()) {
        // What is pressed while nobody answers breaks nothing.
        const twice = await Promise.allSettled([press(server, kind), press(server, kind)]);
        const ids = await Promise.all(
          twice.flatMap((each) => (each.status === 'fulfilled' ? [each.value.json() as Promise<Fault>] : [])),
        );
        expect(new Set(ids.map(({ id }) => id)).size).toBeLessThanOrEqual(1);
      }
      await mended(server);
    }
    await talk.end();
    talk.expectWhole();
  }, 120_000);

  it('is named: there is nothing else to break', async () => {
    expect((await press(server, 'mongodb')).status).toBe(404);
    expect((await press(server, 'flood', { clan: 3 })).status).toBe(400);
  });
});

describe('a server that is ended while it is broken', () => {
  it.each(['projector', 'gateway', 'network', 'flood'])('ends at once: %s', async (kind) => {
    const server = await ChatServer.start();
    await press(server, kind);
    await pause(500);
    const begun = performance.now();
    await server.stop();
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe('what is not broken', () => {
  it('is a NATS of somebody else', async () => {
    const server = await ChatServer.start();
    try {
      expect((await stateOf(server)).spared).toHaveProperty('nats');
      expect((await press(server, 'nats')).status).toBe(409);
      expect((await stateOf(server)).faults).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it('is anything where the secret is real, or by somebody else’s page', async () => {
    const [server, real] = [await ChatServer.start(), await ChatServer.start({}, null)];
    try {
      expect((await press(real, 'projector')).status).toBe(404);
      expect((await fetch(`${real.http}/development/break`)).status).toBe(404);
      const headers = { Origin: 'https://elsewhere.example' };
      const asked = await fetch(`${server.http}/development/break/projector`, { method: 'POST', headers });
      expect(asked.status).toBe(403);
      expect((await stateOf(server)).faults).toEqual([]);
    } finally {
      await server.stop();
      await real.stop();
    }
  });
});
