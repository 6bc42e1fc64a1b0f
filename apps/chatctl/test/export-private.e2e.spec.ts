import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clanRoom, directRoom, type DomainEvent, keySequence, userRoom } from '#domain';
import { chatctl } from '../src/chatctl.js';
import { dataBelow, filesBelow, linesOf, manifestsBelow, metadataOf, rowOf, rowsBelow } from './exported.js';
import { MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

// What is exported of people: erased, sealed, anonymized. The log is encrypted.

const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:05.678Z';
const SECRETS = [
  ...['user-of-ada', 'user-of-bob', 'clan-of-both', 'moderator-of-both', 'client-id-of-ada'],
  ...['Ada Lovelace', 'picture-of-ada', 'what ada said', 'how ada feels', 'why ada is muted', 'what bob said'],
];
const [ADA, BOB, CLAN, MODERATOR, CLIENT_ID, NAME, AVATAR, TEXT, FEELING, REASON, OTHER] = SECRETS as [
  ...[string, string, string, string, string, string, string, string, string, string, string],
];

(MONGODB_URL === undefined ? describe.skip : describe)('an export of what is people’s own', () => {
  let system: SystemUnderTest;
  const scratch = mkdtempSync(join(tmpdir(), 'parley-private-'));
  let count = 0;
  const folder = () => join(scratch, String(count++));
  const key = randomBytes(32).toString('base64');
  const keyIds: string[] = [];
  let messageId: string;

  beforeAll(async () => {
    system = await SystemUnderTest.create(undefined, true);
    const direct = directRoom(ADA, BOB);
    const fact = () => ({ at, id: `fact.${nextKey()}` });
    messageId = nextKey();
    const sender = { id: ADA, name: NAME, avatar: AVATAR };
    const said: DomainEvent = {
      ...{ type: 'MessageCreated', room: direct, at, id: `msg.${messageId}`, messageId, sender, content: TEXT },
      ...{ feeling: FEELING, clientId: CLIENT_ID },
    };
    const sanction = { kind: 'mute', room: clanRoom(CLAN), since: at, until: at, by: MODERATOR } as const;
    const events: DomainEvent[] = [
      { type: 'ChatCreated', room: direct, ...fact(), by: ADA, users: [ADA, BOB] },
      said,
      { ...posted(direct, OTHER, BOB), replyTo: messageId },
      { type: 'ReactionAdded', room: direct, ...fact(), messageId, userId: BOB, userName: NAME, emoji: '👍' },
      { type: 'ProfileChanged', room: userRoom(ADA), ...fact(), userId: ADA, name: NAME, avatar: AVATAR },
      { type: 'MemberJoined', room: userRoom(ADA), ...fact(), userId: ADA, clanId: CLAN, leftClanId: null },
      {
        ...{ type: 'PersonMuted', room: userRoom(ADA), ...fact(), userId: ADA, inRoom: clanRoom(CLAN), by: MODERATOR },
        ...{ sanctions: [sanction], until: at, reason: REASON },
      },
      { type: 'PersonBlocked', room: direct, ...fact(), by: BOB, blockers: [BOB] },
      { ...posted(clanRoom(CLAN), TEXT, ADA) },
      { type: 'MessageEdited', room: direct, ...fact(), messageId, userId: ADA, content: TEXT },
    ];
    for (const event of events) await system.append(event);
    for (const user of [ADA, BOB]) keyIds.push((await system.log.keyring.renewKey(user))!);
  });
  afterAll(async () => {
    await system.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  const run = (env: NodeJS.ProcessEnv, ...words: string[]) => {
    const before = { ...system.env };
    Object.assign(system.env, env);
    return system.chatctl('export', ...words).finally(() => {
      for (const name of Object.keys(env)) Reflect.deleteProperty(system.env, name);
      Object.assign(system.env, before);
    });
  };
  const bytesBelow = (dir: string) => filesBelow(dir).map((path) => `${path}\n${readFileSync(path, 'latin1')}`);
  const foundIn = (dir: string, texts: readonly string[]) =>
    texts.filter((text) => bytesBelow(dir).some((bytes) => bytes.includes(text)));

  it('has the texts where there are keys, and without them says that they are sealed', async () => {
    const [open, sealed] = [folder(), folder()];
    expect((await run({}, open, '--format', 'ndjson')).status).toBe(0);
    expect(foundIn(open, SECRETS)).toEqual(SECRETS);
    expect((await run({ KEYS_MASTER: '' }, sealed, '--format', 'ndjson')).status).toBe(0);
    expect(foundIn(sealed, SECRETS)).toEqual([ADA, BOB, CLAN, MODERATOR, CLIENT_ID]);
    expect(manifestsBelow(open)[0]!['texts']).toEqual([ADA, BOB]);
    expect(manifestsBelow(sealed)[0]!['texts']).toEqual([]);
  });

  it.each(['parquet', 'csv', 'ndjson'])(
    'anonymized as %s has nothing of them, whatever is selected',
    async (format) => {
      const ids = [...SECRETS, messageId, ...keyIds, ...keyIds.map((id) => id.split('.')[1]!)];
      for (const words of [[], ['--room', `direct:${ADA}:${BOB}`], ['--user', ADA]]) {
        const dir = folder();
        expect((await run({ ANONYMIZE_KEY: key }, dir, '--anonymize', '--format', format, ...words)).status).toBe(0);
        expect(dataBelow(dir)).toHaveLength(1);
        // Parquet compresses: what it holds is looked at as it is read as well.
        const read = format === 'parquet' ? JSON.stringify(await rowsBelow(dir), (_, v: unknown) => String(v)) : '';
        expect([foundIn(dir, ids), ids.filter((id) => read.includes(id))]).toEqual([[], []]);
      }
    },
  );

  it('anonymized still has who is who: the same hash for the same id in every column, and all else as it is', async () => {
    const dir = folder();
    await run({ ANONYMIZE_KEY: key }, dir, '--anonymize');
    const rows = await rowsBelow(dir);
    const plain = (await linesOf(system.log)).map(rowOf);
    for (const name of ['seq', 'at', 'storedAt', 'type', 'version', 'emoji', 'until', 'n', 'erased']) {
      expect(rows.map((row) => row[name])).toEqual(plain.map((row) => row[name]));
    }
    const [chat, message, reply, reaction, profile, joined, muted, blocked, inClan] = rows;
    const [ada, bob] = [message!['sender_id'] as string, reply!['sender_id'] as string];
    expect(ada).toMatch(/^[\w-]{22}$/);
    expect(chat!['by']).toBe(ada);
    expect(chat!['users']).toBe(JSON.stringify([ada, bob].toSorted()));
    expect(message!['room']).toBe(directRoom(ada, bob));
    expect([reaction!['userId'], blocked!['by'], JSON.parse(blocked!['blockers'] as string)]).toEqual([
      bob,
      bob,
      [bob],
    ]);
    expect([reply!['replyTo'], reaction!['messageId']]).toEqual([message!['messageId'], message!['messageId']]);
    expect(message!['id']).toBe(`msg.${message!['messageId'] as string}`);
    expect([profile!['room'], profile!['userId'], joined!['userId']]).toEqual([userRoom(ada), ada, ada]);
    expect([muted!['inRoom'], inClan!['room']]).toEqual([inClan!['room'], clanRoom(joined!['clanId'] as string)]);
    expect(JSON.parse(muted!['sanctions'] as string)).toMatchObject([{ room: inClan!['room'], by: muted!['by'] }]);
    for (const name of [
      'content',
      'feeling',
      'reason',
      'sender_name',
      'sender_avatar',
      'userName',
      'name',
      'avatar',
      'sealed',
    ]) {
      expect(rows.map((row) => row[name] ?? null)).toEqual(rows.map(() => null));
    }
    const manifest = manifestsBelow(dir)[0]!;
    expect(manifest['texts']).toEqual([]);
    expect(new Set(manifest['users'] as string[])).toEqual(new Set([ada, bob, muted!['by']]));
  });

  it('anonymized does not go together with another key, or with none', async () => {
    const dir = folder();
    await run({ ANONYMIZE_KEY: key }, dir, '--anonymize');
    const other = { ANONYMIZE_KEY: randomBytes(32).toString('base64') };
    expect((await run({}, dir)).complaints).toMatch(
      /what is there is anonymized with the key [\w-]{22}, and this would be not/,
    );
    expect((await run(other, dir, '--anonymize')).complaints).toContain('and this would be anonymized with the key');
    expect((await run({ ANONYMIZE_KEY: key }, dir, '--anonymize')).status).toBe(0);
    expect(metadataOf(dataBelow(dir)[0]!)['parley.anonymized']).toMatch(/^[\w-]{22}$/);
    const one = await rowsBelow(dir);
    const dir2 = folder();
    await run(other, dir2, '--anonymize');
    expect((await rowsBelow(dir2)).map(({ room }) => room)).not.toEqual(one.map(({ room }) => room));
  });

  it.each([
    [{}, 'wants a key in ANONYMIZE_KEY'],
    [{ ANONYMIZE_KEY: 'secret' }, 'ANONYMIZE_KEY is too weak'],
    [{ ANONYMIZE_KEY: Buffer.alloc(32, 7).toString('base64') }, 'ANONYMIZE_KEY is too weak'],
    [{ ANONYMIZE_KEY_FILE: '/nowhere' }, 'ANONYMIZE_KEY_FILE cannot be read'],
    [{ ANONYMIZE_KEY: key, ANONYMIZE_KEY_FILE: '/nowhere' }, 'are both set'],
  ])('does not anonymize with %j', async (env, complaint) => {
    const dir = folder();
    const { status, complaints } = await run(env, dir, '--anonymize');
    expect([status, complaints]).toEqual([2, expect.stringContaining(complaint)]);
    expect(existsSync(dir)).toBe(false);
  });

  it('is written anew where somebody was erased, and says so until it is', async () => {
    const [dir, ndjson, anonymous] = [folder(), folder(), folder()];
    const others = ['--format', 'ndjson'];
    await run({}, dir, '--file-events', '4');
    await run({}, ndjson, ...others);
    await run({ ANONYMIZE_KEY: key }, anonymous, '--anonymize');
    expect((await run({}, dir, '--check')).out).toBe('0 of 3 files are to be written anew\n');
    const interrupted = () => new AbortController().signal;
    const words = ['erase', '--user', ADA, '--exports', dir, '--exports', ndjson, '--exports', anonymous];
    const out: string[] = [];
    const write = (text: string) => out.push(text) > 0;
    const surroundings = {
      env: system.env,
      out: { write } as never,
      progress: { write } as never,
      input: process.stdin,
      interrupted,
    };
    expect(await chatctl([...words, '--exports', '/nowhere'], surroundings, (text) => out.push(text))).toBe(2);
    expect(out.splice(0).join('')).toContain('there is no export in /nowhere');
    expect(await chatctl(words, surroundings, (text) => out.push(text))).toBe(1);
    const named = out
      .join('')
      .split('\n')
      .filter((line) => line.includes('holds texts of theirs'));
    // Of what was exported into the first folder, the part that has none of it is not named.
    expect(named.map((line) => line.split(' ')[0])).toEqual([...dataBelow(dir), ...dataBelow(ndjson)]);
    const { status, out: told } = await run({}, dir, '--check');
    expect([status, told]).toEqual([1, expect.stringContaining('texts of 1 who were erased\n')]);

    // Without the keys, it would lose what others said.
    expect((await run({ KEYS_MASTER: '' }, dir, '--rewrite')).complaints).toContain('has texts of 1 people for which');
    expect((await run({}, dir, '--check')).status).toBe(1);
    expect((await run({}, dir, '--rewrite')).status).toBe(0);
    expect((await run({}, ndjson, '--rewrite', ...others)).status).toBe(0);
    for (const each of [[dir], [ndjson, ...others]]) expect((await run({}, ...each, '--check')).status).toBe(0);
    expect(foundIn(ndjson, [NAME, AVATAR, TEXT, FEELING, REASON])).toEqual([NAME]);
    expect(foundIn(ndjson, [OTHER])).toEqual([OTHER]);
    const rows = await rowsBelow(dir);
    const before = (await linesOf(system.log)).slice(0, rows.length);
    expect(rows).toEqual(before.map(rowOf));
    expect(rows.filter(({ erased }) => erased === true)).toHaveLength(5);

    // What is exported after it needs nothing.
    await run({}, dir);
    const fresh = folder();
    await run({}, fresh);
    for (const each of [dir, fresh]) expect((await run({}, each, '--check')).status).toBe(0);
  });
});
