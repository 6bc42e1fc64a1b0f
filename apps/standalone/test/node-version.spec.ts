import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';

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
