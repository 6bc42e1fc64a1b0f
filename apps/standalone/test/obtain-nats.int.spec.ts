import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainNats } from '../src/servers/nats-server.js';
import { findOnPath } from '../src/servers/programs.js';

const VERSION = 'v2.15.1';
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const NAME = `nats-server-${VERSION}-${process.platform}-${architecture}`;
const realPath = process.env['PATH'];

let folder: string;
let cacheDir: string;
let site: Server;
let releases: string;
let files: Map<string, Buffer>;
let lines: string[];
const log = (line: string) => lines.push(line);

/** A release with a program of one line, on a site of its own; a PATH with nothing on it but tar. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-obtain-'));
  cacheDir = join(folder, 'cache');
  lines = [];
  mkdirSync(join(folder, NAME));
  writeFileSync(join(folder, NAME, 'nats-server'), '#!/bin/sh\necho nats-server: v2.15.1\n', { mode: 0o755 });
  execFileSync('tar', ['-czf', join(folder, 'archive'), '-C', folder, NAME]);
  const archive = readFileSync(join(folder, 'archive'));
  const sum = createHash('sha256').update(archive).digest('hex');
  files = new Map([
    [`/${VERSION}/${NAME}.tar.gz`, archive],
    [`/${VERSION}/SHA256SUMS`, Buffer.from(`${'0'.repeat(64)}  another\n${sum}  ${NAME}.tar.gz\n`)],
  ]);
  site = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    response.writeHead(file ? 200 : 404, { 'content-length': file?.length ?? 0 }).end(file);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  releases = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const tool of ['tar', 'gzip']) symlinkSync(findOnPath(tool)!, join(bin, tool));
  process.env['PATH'] = bin;
});

afterEach(async () => {
  process.env['PATH'] = realPath;
  await new Promise((resolve) => site.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

test('a release is downloaded once, with progress', async () => {
  const { path, taken } = await obtainNats({ cacheDir, log, releases });
  expect(taken).toBe('nats-server 2.15.1, got from its release');
  expect(lines[0]).toBe('downloading nats-server v2.15.1');
  expect(lines.at(-1)).toMatch(/100 % of/);
  expect(readFileSync(path, 'utf8')).toContain('echo');

  files.clear();
  expect(await obtainNats({ cacheDir, log, releases })).toEqual({ path, taken: 'nats-server 2.15.1 from the cache' });
  expect(readdirSync(join(cacheDir, 'nats-server', VERSION))).toEqual(['nats-server']);
});

test('a release with another checksum is refused, and nothing of it is kept', async () => {
  files.set(`/${VERSION}/${NAME}.tar.gz`, Buffer.from('something else'));
  await expect(obtainNats({ cacheDir, log, releases })).rejects.toThrow(/has the checksum \w+ instead of \w+/);
  expect(readdirSync(join(cacheDir, 'nats-server', VERSION))).toEqual([]);
});

test('nothing reachable is a message that says why and what to do', async () => {
  const unreachable = obtainNats({ cacheDir, log, releases: 'http://127.0.0.1:1' });
  await expect(unreachable).rejects.toThrow(/its release: http:.*SHA256SUMS: .+\n.*Go: no Go toolchain.*\nInstall it/);
});

test('a cache folder that cannot be written is a message that names it', async () => {
  writeFileSync(cacheDir, 'a file in its place');
  await expect(obtainNats({ cacheDir, log, releases })).rejects.toThrow(
    /the cache folder .* cannot be written \(.*\); set PARLEY_CACHE/,
  );
});
