import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { clanRoom, type EventLine, GLOBAL_ROOM, keySequence, partitionOf, partitionRoom } from '#domain';
import { conversation, MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:05.678Z';
const ROUNDS = 150;

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl play', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-play-'));
  const systems: SystemUnderTest[] = [];
  let source: SystemUnderTest;
  /** What `replay` printed of it, and a file with that. */
  let recording: string;
  const file = join(folder, 'log.ndjson');

  const system = async (seals: boolean) => {
    const one = await SystemUnderTest.create(undefined, seals);
    systems.push(one);
    return one;
  };
  const replayed = async (of: SystemUnderTest, ...words: string[]) => {
    const { status, out, complaints } = await of.chatctl('replay', ...words);
    expect([status, complaints]).toEqual([0, '']);
    return out;
  };
  const linesIn = (text: string) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as EventLine);
  /** All but when it was stored, which is another time, and the keys, which are others. */
  const timeless = (text: string) =>
    linesIn(text).map(({ storedAt: _, ...line }) => ('keyId' in line ? { ...line, keyId: null } : line));

  beforeAll(async () => {
    source = await system(true);
    for (const event of conversation(ROUNDS)) await source.append(event);
    const message = posted(clanRoom('3'), 'a slip of the tongue', '4');
    await source.append(message);
    const { messageId } = message;
    const edit = { type: 'MessageEdited', room: clanRoom('3'), id: `edit.${nextKey()}`, at } as const;
    await source.append({ ...edit, messageId, userId: '4', content: 'a word' });
    // Stored twice, as by somebody who sent it again after more than two minutes.
    const [again] = await source.log.copier.copy([{ event: { ...message, clientId: 'again' }, copyOf: 9 }]);
    expect(again).toMatchObject({ duplicate: false });
    await source.append(posted(GLOBAL_ROOM, 'what is to be forgotten', 'gone'));
    await source.log.eraser.erase('gone', { key: nextKey(), at });
    // As when they are let in.
    await source.log.keyring.renewKey('gone');
    await source.append(posted(GLOBAL_ROOM, 'somebody new of that id', 'gone'));
    // Whose first word each of it is: with a key that is yet to be made.
    for (let i = 0; i < 100; i++) await source.append(posted(GLOBAL_ROOM, `hello ${i}`, `newcomer ${i}`));
    await source.append(posted(GLOBAL_ROOM, 'goodbye', '1'));
    recording = await replayed(source);
    writeFileSync(file, recording);
  });
  afterAll(async () => {
    await Promise.all(systems.map((one) => one.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([true, false])('stores a whole log with its sequences, as it was; sealed: %s', async (seals) => {
    const copy = await system(seals);
    const { status, out, complaints } = await copy.chatctl('play', file);
    expect([status, complaints]).toEqual([0, '']);
    const count = linesIn(recording).length;
    // Of who was erased.
    expect(out).toContain(`${count} events are played, with the sequences that they had; 1 of them without texts`);
    expect(timeless(await replayed(copy))).toEqual(timeless(recording));
    expect(recording).not.toContain('forgotten');
    expect(await replayed(copy, '--room', 'global', '--type', 'MessageCreated')).toContain('somebody new of that id');
    for (const room of ['clan:3', 'direct:1:2', 'global']) {
      const now = await Promise.all(
        [source, copy].map((one) => one.chatctl('at', String(count), '--room', room, '--json')),
      );
      const [was, is] = now.map(({ out }) => JSON.parse(out) as { messages: unknown[]; at: unknown });
      expect({ ...is, at: null }).toEqual({ ...was, at: null });
      expect(is!.messages.length).toBeGreaterThan(10);
    }
  });

  it('leaves no key of who was erased, nor of what a recording of before has of them', async () => {
    const copy = await system(true);
    const early = posted(GLOBAL_ROOM, 'recorded before', 'early');
    const line = (seq: number, event: object) => `${JSON.stringify({ seq, version: 1, storedAt: at, ...event })}\n`;
    const erased = {
      type: 'UserErased',
      id: `erase.${nextKey()}`,
      at,
      userId: 'early',
      keyId: 'early.0123456789abcdef',
    };
    const lines = [
      line(3, { ...early, version: 2 }),
      line(4, { ...erased, room: 'user:early' }),
      line(5, { ...erased, room: partitionRoom(partitionOf(GLOBAL_ROOM)) }),
      line(6, { ...posted(GLOBAL_ROOM, 'said by another', 'early'), version: 2 }),
    ];
    expect(await copy.chatctlWith(lines.join(''), 'play', '-')).toMatchObject({ status: 0 });
    const keyIds: unknown[][] = [];
    for await (const { keyId, texts, erased: isErased } of copy.log.read()) keyIds.push([keyId, isErased, texts]);
    expect(keyIds.map(([, ...more]) => more)).toEqual([
      [true, null],
      [undefined, undefined],
      [undefined, undefined],
      [undefined, expect.stringContaining('said by another')],
    ]);
    expect(keyIds[0]).not.toEqual(keyIds[3]);
    // Of the one that came after.
    expect(await copy.log.keyring.count()).toBe(1);
  });

  it('plays a part with new sequences, and one without its texts', async () => {
    const copy = await system(true);
    const keyless = linesIn(await replayed(source, '--room', 'clan:3')).map((line) =>
      line.type === 'MessageCreated'
        ? { ...line, content: null, sender: { ...(line['sender'] as object), name: null, avatar: null }, sealed: true }
        : line,
    );
    const text = keyless.map((line) => `${JSON.stringify(line)}\n`).join('');
    const { status, out } = await copy.chatctlWith(text, 'play', '-');
    expect([status, out]).toEqual([0, expect.stringMatching(/with new sequences.* of them without texts/)]);
    const is = timeless(await replayed(copy));
    expect(is.map(({ seq }) => seq)).toEqual(keyless.map((_, i) => i + 1));
    expect(is.find(({ type }) => type === 'MessageCreated')).toMatchObject({
      content: '',
      sender: { name: 'erased user' },
    });
  });

  it('refuses a log that is not empty, and what is no recording, before it stores anything', async () => {
    const copy = await system(false);
    const refused = async (text: string, complaint: RegExp) => {
      const path = join(folder, 'bad.ndjson');
      writeFileSync(path, text);
      expect(await copy.chatctl('play', path)).toMatchObject({
        ...{ status: 2, complaints: expect.stringMatching(complaint) as unknown },
      });
      expect((await copy.log.state()).lastSeq).toBe(0);
    };
    const [first = '', second = '', third = ''] = recording.split('\n');
    await refused(`${first}\n${second}\n{"seq":3\n`, /line 3 is none .* it is not JSON/);
    await refused(`${second}\n${first}\n`, /line 2 is event 1, behind event 2/);
    await refused(`${second}\n${second}\n`, /line 2 is event 2, behind event 2/);
    await refused(`${first}\n\n${third.replace('"version":', '"version":9')}\n`, /line 3 is none .* version 9/);
    await refused('{"seq":0}\n', /line 1 is none .* no seq/);
    await refused('null\n', /line 1 is none/);
    expect(await copy.chatctl('play', join(folder, 'nothing'))).toMatchObject({ status: 2 });
    expect(await copy.chatctl('play', folder)).toMatchObject({ status: 2 });
    expect(await copy.chatctl('play')).toMatchObject({ status: 2 });
    expect(await copy.chatctl('play', file, '--speed', 'fast')).toMatchObject({ status: 2 });
    const { lastSeq } = await source.log.state();
    const { status, complaints } = await source.chatctl('play', file);
    expect([status, complaints]).toEqual([2, expect.stringContaining('this log is not empty')]);
    expect((await source.log.state()).lastSeq).toBe(lastSeq);
  });

  it('says what is stored where it cannot go on', async () => {
    const copy = await system(false);
    const lines = recording.split('\n').slice(0, 3);
    expect(await copy.chatctlWith(`${lines.join('\n')}\nnot at all\n`, 'play', '-')).toMatchObject({
      ...{
        status: 2,
        complaints: expect.stringMatching(/line 4 is none .*\. 0 events are stored: empty the log/) as unknown,
      },
    });
  });

  it('notices that somebody else writes to the log', async () => {
    const copy = await system(false);
    const [first = '', ...more] = recording.split('\n').slice(0, -1);
    async function* text() {
      yield `${first}\n${more.slice(0, 599).join('\n')}\n`;
      while ((await copy.log.state()).lastSeq < 500) await new Promise((resolve) => setTimeout(resolve, 5));
      await copy.append(posted(GLOBAL_ROOM, 'me too'));
      yield `${more.slice(599, 605).join('\n')}\n`;
    }
    const { status, complaints } = await copy.chatctlWith(Readable.from(text()), 'play', '-');
    expect([status, complaints]).toEqual([2, expect.stringContaining('somebody else writes to this log')]);
  });

  it('goes at the pace that it happened, and ends with Ctrl-C', async () => {
    const copy = await system(false);
    const told = linesIn(recording)
      .slice(0, 3)
      .map(
        (line, i) => `${JSON.stringify({ ...line, storedAt: new Date(Date.parse(at) + i * 60_000).toISOString() })}\n`,
      );
    const begun = performance.now();
    expect(await copy.chatctlWith(told.join(''), 'play', '-', '--speed', '200x')).toMatchObject({ status: 0 });
    expect(performance.now() - begun).toBeGreaterThan(550);
    const other = await system(false);
    other.interruption = new AbortController();
    const ending = other.chatctlWith(told.join(''), 'play', '-', '--speed', '1x');
    while ((await other.log.state()).lastSeq < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    other.interruption.abort();
    const { status, told: said } = await ending;
    expect([status, said]).toEqual([130, 'interrupted: 1 events are stored: empty the log before you play it again\n']);
    expect((await other.log.state()).lastSeq).toBe(1);
  });
});
