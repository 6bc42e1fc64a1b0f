import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../apps/gateway/test/until.js';
import { ChatServer } from '../../../apps/workbench/test/chat-server.js';

// The package as whoever installs it has it: packed, and in a project that was empty.

const readme = readFileSync('libs/client/README.md', 'utf8');
const snippets = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
const project = mkdtempSync(join(tmpdir(), 'parley-client-'));
const run = (command: string, args: readonly string[], cwd = project): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', shell: process.platform === 'win32', stdio: 'pipe' });

let server: ChatServer;

beforeAll(async () => {
  server = await ChatServer.start();
  run('npm', ['pack', '--pack-destination', project], 'libs/client');
  const [archive] = readdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}');
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${archive}`]);
}, 120_000);
afterAll(async () => {
  await server.stop();
  rmSync(project, { recursive: true, force: true });
});

it('holds what is run, its types and its README, and nothing else', () => {
  const files = readdirSync(join(project, 'node_modules/@parley/client'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => !/^(dist(\/[a-z-]+\.(d\.ts|js))?|README\.md|package\.json)$/.test(file))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['dist/index.js', 'dist/node.d.ts', 'dist/react.js', 'README.md']));
});

it('has no dependency in browsers', () => {
  const dist = join(project, 'node_modules/@parley/client/dist');
  const seen = new Set<string>();
  const outside: string[] = [];
  const read = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, from] of readFileSync(join(dist, file), 'utf8').matchAll(/from '([^']+)'/g)) {
      if (from!.startsWith('./')) read(from!.slice(2));
      else outside.push(from!);
    }
  };
  read('index.js');
  read('indexed-db.js');
  expect(outside).toEqual([]);
  expect(seen.size).toBeGreaterThan(10);
});

it('is a chat in the 15 lines of its README', async () => {
  const [chat] = snippets;
  expect(chat!.trim().split('\n').filter(Boolean).length).toBeLessThanOrEqual(15);
  writeFileSync(join(project, 'chat.js'), chat!);
  const start = (userId: string) => {
    const args = ['chat.js', server.url(), server.token(userId, { name: userId })];
    const child = spawn(process.execPath, args, { cwd: project, stdio: 'pipe' });
    const talk = { said: '', told: '', child };
    child.stdout.on('data', (data: Buffer) => (talk.said += data.toString()));
    child.stderr.on('data', (data: Buffer) => (talk.told += data.toString()));
    return talk;
  };
  const [ada, bob] = [start('Ada'), start('Bob')];
  await until('both are there', () => [ada, bob].every(({ told }) => told.includes('connected')));
  ada.child.stdin.write('Hello!\n');
  await until('Bob reads it', () => bob.said.includes('[global] Ada: Hello!'));
  server.proxies[0]!.cut();
  await until('the cut is noticed', () => bob.told.includes('connecting', bob.told.indexOf('connected')));
  ada.child.stdin.write('Still there?\n');
  server.proxies[0]!.mend();
  await until('Bob reads that too', () => bob.said.includes('Ada: Still there?'));
  expect(bob.said.match(/Still there\?/g)).toHaveLength(1);
  for (const { child } of [ada, bob]) child.stdin.end();
  await until('both have ended', () => [ada, bob].every(({ child }) => child.exitCode === 0));
});

it('has types that fit each snippet of its README', () => {
  for (const [index, snippet] of snippets.entries()) {
    const given =
      'declare const url: string, token: string;\ndeclare function getToken(): Promise<string>;\ndeclare const input: HTMLInputElement;\n';
    const isWhole = snippet.includes('process.argv');
    writeFileSync(join(project, `snippet-${index}.ts`), isWhole ? `// @ts-nocheck\n${snippet}` : given + snippet);
  }
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom'];
  const files = snippets.map((_, index) => `snippet-${index}.ts`);
  run(process.execPath, [join(process.cwd(), 'node_modules/typescript/bin/tsc'), ...options, ...files]);
});
