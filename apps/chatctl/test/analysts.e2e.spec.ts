import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { clanRoom, directRoom, GLOBAL_ROOM, keySequence } from '#domain';
import { commands } from '../src/chatctl.js';
import { usages } from '../src/usage.js';
import { MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

// What docs/analysts.md says, and the help of its commands, run as it stands in an empty folder.

// Those with other tools are run by own-tools.e2e.spec.
const page = readFileSync('docs/analysts.md', 'utf8').replace(/<!-- own tools -->[\s\S]*<!-- \/own tools -->/, '');
const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);
const nextKey = keySequence(randomBytes(8));
const at = '2026-01-02T03:04:05.678Z';
/** Those whose examples want nothing but the log, or not even that. */
const ofAnalysts = ['replay', 'export', 'sql', 'report', 'at', 'diff', 'schema'];

describe('the help', () => {
  it('is there for every command, in the same order', () => {
    expect(Object.keys(usages)).toEqual([...commands.keys()]);
  });

  it('is in the README, a line a command', () => {
    const [, table] = /<!-- chatctl -->\n([\s\S]*?)<!-- \/chatctl -->/.exec(readFileSync('README.md', 'utf8'))!;
    const rows = Object.entries(usages).map(([name, { summary }]) => `| \`${name}\` | ${summary} |\n`);
    expect(table).toBe(`| command | what it does |\n|---|---|\n${rows.join('')}`);
  });

  it.each(Object.entries(usages))('of %s has examples of it, in lines that fit', (name, { forms, more, examples }) => {
    expect(examples.length).toBeGreaterThan(0);
    for (const text of [...forms.filter((form) => !form.startsWith(' ')), ...examples])
      expect(text.split(' ')[0]).toBe(name);
    for (const line of [...forms, ...(more ?? []), ...examples]) expect(line.length).toBeLessThanOrEqual(118);
  });
});

(MONGODB_URL === undefined ? describe.skip : describe)('docs/analysts.md', () => {
  let system: SystemUnderTest;
  const folder = mkdtempSync(join(tmpdir(), 'parley-analysts-'));

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    const room = directRoom('7', '8');
    await system.append({ type: 'ChatCreated', room, id: `chat.${nextKey()}`, at, by: '7', users: ['7', '8'] });
    for (let i = 1; i <= 80; i++) {
      const message = posted(clanRoom('3'), `message ${i}`, '7');
      await system.append(message);
      const { messageId } = message;
      await system.append({
        ...{ type: 'ReactionAdded', room: message.room, id: `react.${nextKey()}`, at, messageId },
        ...{ userId: '8', userName: 'Bob', emoji: '👍' },
      });
      await system.append(posted(i % 2 === 0 ? GLOBAL_ROOM : clanRoom('the bold'), 'all', '7'));
      await system.append(posted(room, `direct ${i}`, '7'));
      await system.append({ type: 'MessagesSeen', room, id: `seen.${nextKey()}`, at, userId: '8', n: i });
    }
    // As if it were installed there.
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  });
  afterAll(async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (script: string) =>
    new Promise<{ status: number; out: string; err: string }>((done) => {
      // What npx would find, without its second for each.
      const text = script.replaceAll('npx chatctl', `node ${resolve('apps/chatctl/chatctl.mjs')}`);
      const env = {
        ...process.env,
        ...system.env,
        PATH: [resolve(process.execPath, '..'), process.env['PATH']].join(delimiter),
      };
      // Some of them start a dozen processes.
      const options = { env, cwd: folder, timeout: 110_000 };
      const child = execFile('bash', ['-e', '-c', text], options, (error, out, err) => {
        done({ status: error ? Number(error.code ?? -1) : 0, out, err });
      });
      // Nothing is typed.
      child.stdin?.end();
    });

  it.each(blocks.map((block) => [block]))('has an example that works:\n%s', async (block) => {
    const { status, err } = await run(block);
    expect([status, err.replaceAll(/^chatctl: there was nothing in .*\n/gm, '')]).toEqual([0, '']);
  });

  it('has examples that print what they are for', async () => {
    expect((await run('npx chatctl replay --type ReactionAdded | jq -r .emoji | sort | uniq -c')).out.trim()).toBe(
      '80 👍',
    );
    expect((await run('wc -l < log.ndjson')).out.trim()).toBe(String(1 + 80 * 5));
    expect((await run('npx chatctl replay | cmp - log.ndjson')).status).toBe(0);
    expect(existsSync(join(folder, 'events.schema.json'))).toBe(true);
  });

  it.each(ofAnalysts.flatMap((name) => usages[name]!.examples.map((example) => [example])))(
    'is not alone: so does the help: chatctl %s',
    async (example) => {
      // Those that have no end are ended.
      const ends = example.includes('--follow') ? 'timeout 3 ' : '';
      const { status, err } = await run(`${ends}npx chatctl ${example}`);
      // The log of a test has no past.
      const isOver =
        status === 0 || (status === 2 && /there was nothing|there is no \d+ yet/.test(err)) || status === 124;
      expect([isOver, err]).toEqual([true, isOver ? err : '']);
    },
  );
});
