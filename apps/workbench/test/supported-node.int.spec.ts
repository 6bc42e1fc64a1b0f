import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

// Which Nodes are supported, said in package.json, and the one that is brought where another is installed.

// Written for old Nodes, in JavaScript without types.
const place = '../../../deploy/dev/supported-node.mjs';
const { isSupported } = (await import(place)) as { isSupported: (version: string, range: string) => boolean };

const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
const brought = readFileSync('.nvmrc', 'utf8').trim();

describe('the Node that Parley runs on', () => {
  it.each(['22.22.3', '22.30.0', '24.15.0', '24.21.0', '26.0.0', '26.10.1', '27.0.0', '100.0.0'])(
    '%s is',
    (version) => {
      expect(isSupported(version, engines.node)).toBe(true);
    },
  );

  it.each(['12.22.9', '18.20.8', '20.20.2', '22.9.9', '22.22.2', '23.11.0', '24.14.9', '24.9.0', '25.9.0'])(
    '%s is not',
    (version) => {
      expect(isSupported(version, engines.node)).toBe(false);
    },
  );

  it('may be a version that is not released yet', () => {
    expect(isSupported('27.0.0-nightly20270101', engines.node)).toBe(true);
  });

  it('is not guessed from a range that is not understood', () => {
    expect(() => isSupported('24.21.0', '~24.1')).toThrow('is not understood');
  });

  it('is the same where it is brought by npm and in the image', () => {
    expect(isSupported(brought, engines.node)).toBe(true);
    const images = [...readFileSync('deploy/Dockerfile', 'utf8').matchAll(/^FROM node:([\d.]+)-/gm)].map(([, v]) => v);
    expect(images).toEqual([brought, brought]);
  });
});

describe('on another Node', () => {
  // A clone that no Node is good enough for, and in its cache one that says how it was started.
  const clone = mkdtempSync(join(tmpdir(), 'parley-node-'));
  const cache = join(clone, 'cache');
  const program = join(cache, 'node/1.2.3/node_modules/node/bin/node');
  cpSync('deploy/dev', join(clone, 'deploy/dev'), { recursive: true });
  writeFileSync(join(clone, 'package.json'), JSON.stringify({ engines: { node: '>=1000' } }));
  writeFileSync(join(clone, '.nvmrc'), '1.2.3\n');
  mkdirSync(join(program, '..'), { recursive: true });
  afterAll(() => {
    rmSync(clone, { recursive: true, force: true });
  });

  const install = (script: string) => {
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  const start = () => {
    const args = ['--no-warnings', join(clone, 'deploy/dev/node.mjs'), 'main.js', '--flag', 'two words'];
    return spawn(process.execPath, args, { env: { ...process.env, PARLEY_CACHE: cache }, stdio: 'pipe' });
  };

  it('the same program is started on the Node from npm, which says so in one line, and it ends as that ends', async () => {
    install('printf "%s|" "$@" "$(command -v node)"; exit 7');
    const child = start();
    const ended = once(child, 'exit');
    const [out, told] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(out).toBe(`--no-warnings|${join(clone, 'deploy/dev/node.mjs')}|main.js|--flag|two words|${program}|`);
    expect(told).toMatch(/^This is Node [\d.]+, and Parley needs >=1000: it runs on Node 1\.2\.3 .*\n$/);
    expect(await ended).toEqual([7, null]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s is handed on', async (signal) => {
    install("trap 'exit 9' TERM INT; sleep 5 & echo ready; wait");
    const child = start();
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([9, null]);
  });

  it('a signal of the moment at which the program starts is handed on', async () => {
    install("trap 'exit 9' INT; kill -INT $PPID; sleep 10 & wait");
    const ends = await Promise.all(Array.from({ length: 20 }, () => once(start(), 'exit')));
    expect(ends).toEqual(Array.from(ends, () => [9, null]));
  });

  it('it ends by the signal that the program ended by', async () => {
    install('kill -KILL $$');
    expect(await once(start(), 'exit')).toEqual([null, 'SIGKILL']);
  });
});
