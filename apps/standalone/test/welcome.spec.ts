import { describe, expect, it } from '@jest/globals';
import { isWanted, welcome } from '../src/welcome.js';

const addresses = { gateways: ['ws://127.0.0.1:8080', 'ws://127.0.0.1:8081'], http: 'http://127.0.0.1:8080' };

describe('what is said once it runs', () => {
  it('ends with one address to open, where everybody gets tokens', () => {
    const lines = welcome(addresses, '.parley', 'a secret for tests, 32 bytes long');
    expect(lines.at(-1)).toContain('http://127.0.0.1:8080/#as=7&beside=8');
    expect(lines.filter((line) => line.startsWith('npm run --silent chat -- eyJ'))).toHaveLength(2);
  });

  it('has no tokens to give out where somebody else signs them', () => {
    const text = welcome(addresses, '.parley', undefined).join('\n');
    expect(text).toContain('http://127.0.0.1:8080/#token=TOKEN');
    expect(text).not.toContain('eyJ');
  });
});

describe('whether the page is opened by itself', () => {
  const desktop = { DISPLAY: ':0' };

  it.each([
    ['at a desktop', true, '', desktop, true, 'linux'],
    ['at a desktop without X', true, '', { WAYLAND_DISPLAY: 'wayland-0' }, true, 'linux'],
    ['on a Mac', true, '', {}, true, 'darwin'],
    ['not where BROWSER=none', false, 'none', desktop, true, 'linux'],
    ['not over ssh', false, '', {}, true, 'linux'],
    ['not where nobody looks', false, '', desktop, false, 'linux'],
    ['not by machines that test', false, '', { ...desktop, CI: 'true' }, true, 'linux'],
  ])('%s', (_, is, browser, env, isTerminal, platform) => {
    expect(isWanted(browser, env, isTerminal, platform)).toBe(is);
  });
});
