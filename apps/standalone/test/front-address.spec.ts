import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { HTTP_TIMES } from '#platform';
import { ENDPOINTS } from '../../gateway/src/endpoint.js';
import { SOCKET_IO_PATH } from '../../gateway/src/socket-address.js';
import { gatewayPaths } from '../../query/src/openapi.js';

// The proxy's configuration and what it stands in front of.

const caddyfile = readFileSync('deploy/caddy/Caddyfile', 'utf8');

describe('the one address', () => {
  const patterns = /@gateways path (.*)/.exec(caddyfile)![1]!.split(' ');
  const isForGateways = (path: string) =>
    patterns.some((pattern) => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern));

  it('passes to the gateways what they serve, and the rest to the query side', () => {
    const served = [...ENDPOINTS.map(({ path }) => path), SOCKET_IO_PATH, `${SOCKET_IO_PATH}/`];
    expect([...served, ...Object.keys(gatewayPaths)].filter((path) => !isForGateways(path))).toEqual([]);
    const others = ['/', '/api', '/chat/history', '/chats', '/players/1', '/health/ready', '/wsx', '/online2'];
    expect(others.filter(isForGateways)).toEqual([]);
  });

  it('lets go of a silent connection before the roles do', () => {
    const [, seconds] = /keepalive (\d+)s/.exec(caddyfile)!;
    expect(Number(seconds) * 1_000).toBeLessThan(HTTP_TIMES.silence);
  });

  it('keeps tokens out of its log', () => {
    expect(caddyfile).toMatch(/request>uri query \{\s+replace token hidden\s+\}/);
  });
});
