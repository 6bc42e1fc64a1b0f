import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clanRoom, directRoom, GLOBAL_ROOM, partitionOf } from '#domain';
import { type MessageDocument, placeId } from '#projections';
import { firstVersion } from '#read-models';
import { conversation, MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl verify', () => {
  const first = placeId(GLOBAL_ROOM, 1);
  let system: SystemUnderTest;

  beforeEach(async () => {
    system = await SystemUnderTest.create();
  });

  afterEach(async () => {
    await system.close();
  });

  const documents = () => system.readModels.projection('timeline', 1);
  const message = async (id: string) => (await documents().get<MessageDocument>('messages', [id]))[0]!;

  /** The differences it tells of, without the line that sums them up. */
  const differences = async (): Promise<string[]> => {
    const { status, out } = await system.chatctl('verify');
    const lines = out.split('\n').filter((line) => !/^[a-z]+(-\d+)?: |^$/.test(line));
    expect(status).toBe(lines.length === 0 ? 0 : 1);
    return lines;
  };

  it('finds nothing on read models that are right', async () => {
    for (const event of conversation(30)) await system.append(event);
    // A message without its chat: a dead letter, left out by both.
    await system.append(posted(directRoom('5', '6'), 'no chat'));
    system.startBoth();
    await system.folded();
    const { status, out } = await system.chatctl('verify');
    expect(out).toMatch(/^timeline-1: \d+ documents, all equal to the fold of 152 events\ndirectory-1: 20 documents/);
    expect(status).toBe(0);
    const json = await system.chatctl('verify', '--projection', 'directory', '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      equal: true,
      projections: [{ projection: 'directory-1', events: 30, documents: 20, differences: 0, first: [] }],
    });
  });

  it('finds nothing while messages keep coming and projectors come and go', async () => {
    system.startBoth();
    const sending = { on: true };
    const senders = Array.from({ length: 4 }, async () => {
      while (sending.on) for (const event of conversation(10)) await system.append(event);
    });
    for (let i = 0; i < 5; i++) {
      if (i === 1) system.start('three');
      if (i === 3) system.start('four');
      expect(await differences()).toEqual([]);
    }
    sending.on = false;
    await Promise.all(senders);
    expect(await differences()).toEqual([]);
  });

  it('finds nothing where the projectors are behind, or gone', async () => {
    for (const event of conversation(5)) await system.append(event);
    system.startBoth();
    await system.folded();
    await system.stopWorkers();
    for (const event of conversation(5)) await system.append(event);
    expect(await differences()).toEqual([]);
  });

  it('finds a document that was tampered with', async () => {
    const seq = await system.append(posted(GLOBAL_ROOM, 'as it was said'));
    await system.append(posted(clanRoom('1'), 'another'));
    // The guard keeps what is there at its seq: so it is there before the worker.
    const other = new Date(0).toISOString();
    await documents().write('messages', [
      { document: { _id: first, seq, content: 'otherwise', at: other } as MessageDocument, known: false },
    ]);
    system.startBoth();
    await system.folded();
    const [line, ...more] = await differences();
    expect(more).toEqual([]);
    expect(line).toMatch(/^differs timeline-1 messages global:0000000001: /);
    expect(line).toContain('content is "otherwise", should be "as it was said"');
    expect(line).toContain('rev is not there, should be 1');
  });

  it('finds a document that says it is newer than the log makes it', async () => {
    system.startBoth();
    await system.append(posted(GLOBAL_ROOM, 'first'));
    const seq = await system.append(posted(clanRoom('1'), 'another'));
    await system.folded();
    for (const ahead of [seq, 1_000_000]) {
      const document = { ...(await message(first)), seq: ahead };
      await documents().write('messages', [{ document, known: true }]);
      expect(await differences()).toEqual([
        `ahead timeline-1 messages global:0000000001: it says it is as of event ${ahead}; the last that changed it is 1`,
      ]);
    }
  });

  it('finds a surplus document', async () => {
    await system.append(posted(GLOBAL_ROOM, 'the only one'));
    system.startBoth();
    await system.folded();
    const document = { ...(await message(first)), _id: placeId(GLOBAL_ROOM, 2), n: 2 };
    await documents().write('messages', [{ document, known: false }]);
    expect(await differences()).toEqual([
      'surplus timeline-1 messages global:0000000002: it says it was made by event 1; the log makes none',
    ]);
  });

  it('finds missing and outdated documents', async () => {
    await system.append(posted(GLOBAL_ROOM, 'first'));
    system.startBoth();
    await system.folded();
    await system.stopWorkers();
    // Said to be folded, and not: the checkpoint goes on without the documents.
    const second = posted(GLOBAL_ROOM, 'second');
    const seq = await system.append(second);
    const id = `timeline-1:${partitionOf(GLOBAL_ROOM)}`;
    const { epoch } = await system.readModels.checkpoints.claim(id, 'a forger');
    await system.readModels.checkpoints.save([{ id, epoch, seq, eventId: second.id }]);
    expect(await differences()).toEqual([
      'missing timeline-1 messages global:0000000002: event 2 made it, or changed it last',
      'outdated timeline-1 heads global: it is as of event 1; event 2 changed it',
    ]);
  });

  it('finds read models of another log', async () => {
    await system.append(posted(GLOBAL_ROOM, 'first'));
    const id = `timeline-1:${partitionOf(GLOBAL_ROOM)}`;
    await system.readModels.versions.replace('timeline', firstVersion(1, 1));
    const { epoch } = await system.readModels.checkpoints.claim(id, 'somebody');
    await system.readModels.checkpoints.save([{ id, epoch, seq: 900, eventId: 'msg.unheard-of' }]);
    expect((await differences())[0]).toMatch(
      /^checkpoint timeline-1 checkpoints timeline-1:\d+: it is at 900, event msg.unheard-of; the log has no event/,
    );
  });
});
