import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LogLine, Service } from '../src/service.js';
import { RoomChat } from '../src/node.js';
import { ChatServer } from '../../../apps/workbench/test/chat-server.js';

describe('the log, for a service token', () => {
  let server: ChatServer;
  let service: Service;
  let ada: RoomChat;
  const room = 'clan:3';
  /** As the server's own log has them. */
  const stored = async () => {
    const seqs: number[] = [];
    for await (const record of server.log.read()) if (record.room === room) seqs.push(record.seq);
    return seqs;
  };

  beforeAll(async () => {
    server = await ChatServer.start();
    service = new Service({ url: server.url(), token: server.token('game', { scope: 'service' }) });
    ada = new RoomChat({ url: server.url(), token: server.token(7, { clanId: '3', name: 'Ada' }) }).connect();
    await ada.send('clan', 'one');
    await ada.send('clan', 'two');
  });
  afterAll(async () => {
    ada.disconnect();
    await server.stop();
  });

  const all = async (...of: Parameters<Service['log']>) => {
    const lines: LogLine[] = [];
    for await (const line of service.log(...of)) lines.push(line);
    return lines;
  };

  it('has the events of a selection, and an end', async () => {
    const lines = await all({ room, types: ['MessageCreated'], from: 1 });
    const contents = lines.flatMap((line) => (line.kind === 'event' ? [line.event['content']] : []));
    expect(contents).toEqual(['one', 'two']);
    expect(lines.at(-1)?.kind).toBe('end');
    expect((await all({ room, limit: 1 })).filter(({ kind }) => kind === 'event')).toHaveLength(1);
  });

  it('says what is stored and what is folded, until it is told to end', async () => {
    const end = new AbortController();
    const kinds: string[] = [];
    const reading = (async () => {
      for await (const line of service.log({ room, last: 1 }, { follow: true, folds: true, signal: end.signal })) {
        kinds.push(line.kind);
        if (line.kind === 'progress') await ada.send('clan', 'three');
        if (kinds.includes('folded') && kinds.filter((kind) => kind === 'event').length >= 2) end.abort();
      }
    })();
    await expect(reading).rejects.toThrow(/abort/);
  });

  it('throws where the connection breaks, and goes on from there', async () => {
    const seqs: number[] = [];
    const take = async (from: number, until: number, then: () => void) => {
      for await (const line of service.log({ room, from }, { follow: true })) {
        if (line.kind === 'event') seqs.push(line.event.seq);
        if (seqs.length === until) then();
      }
    };
    const cut = () => {
      server.proxies[0]!.cut();
    };
    const known = (await all({ room })).filter(({ kind }) => kind === 'event').length;
    await expect(take(1, known, cut)).rejects.toThrow();
    server.proxies[0]!.mend();
    await ada.send('clan', 'after that');
    await expect(take(seqs.at(-1)! + 1, known + 1, cut)).rejects.toThrow();
    server.proxies[0]!.mend();
    expect(seqs).toEqual(await stored());
  });

  it('shows a room as it was, and which there are', async () => {
    const seq = (await stored()).at(-1)!;
    const { messages, steps } = await service.at(room, seq - 1, { last: 1, steps: 10 });
    expect([messages.length, steps?.map((step) => step.seq)]).toEqual([1, [seq]]);
    await expect(service.at('clan:none', 1)).rejects.toMatchObject({ name: 'RequestFailed', status: 404 });
    expect((await service.rooms()).data).toContain(room);
  });
});
