import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { HTTP_TIMES } from '#http';
import { errorAnswer, httpFault, type Reason, reasons, HttpRefusal } from '#platform';
import { rows } from '#settings';
import { ENDPOINTS } from '../../gateway/src/socket/endpoint.js';
import { UPGRADE_TIME } from '../../gateway/src/socket/reception.js';
import { SOCKET_IO_PATH } from '../../gateway/src/socket/socket-address.js';
import { READ_TIME } from '../../query/src/in-turn.js';
import { gatewayPaths } from '../../query/src/openapi.js';

// The proxy's configuration and what it stands in front of.

const caddyfile = readFileSync('deploy/caddy/Caddyfile', 'utf8');
const compose = readFileSync('docker-compose.yml', 'utf8');

describe('the one address', () => {
  const matches = (matcher: string) => {
    const patterns = new RegExp(`@${matcher} path (.*)`).exec(caddyfile)![1]!.split(' ');
    return (path: string) =>
      patterns.some((pattern) => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern));
  };
  const isForGateways = matches('gateways');

  it('passes to the gateways what they serve, and the rest to the query side', () => {
    const served = [...ENDPOINTS.map(({ path }) => path), SOCKET_IO_PATH, `${SOCKET_IO_PATH}/`];
    expect([...served, ...Object.keys(gatewayPaths)].filter((path) => !isForGateways(path))).toEqual([]);
    const others = [
      '/',
      '/api',
      '/api/sockets',
      '/api/asyncapi.json',
      '/chat/history',
      '/chats',
      '/players/1',
      '/health/ready',
      '/wsx',
      '/online2',
    ];
    expect(others.filter(isForGateways)).toEqual([]);
  });

  it('lets go of a silent connection before the roles do', () => {
    const [, seconds] = /keepalive (\d+)s/.exec(caddyfile)!;
    expect(Number(seconds) * 1_000).toBeLessThan(HTTP_TIMES.silence);
  });

  it('lets nobody ask for the health of a role', () => {
    expect(['/health', '/health/live', '/health/ready', '/health/ready/'].filter(matches('health'))).toHaveLength(4);
    expect(['/', '/healthy', '/chats'].filter(matches('health'))).toEqual([]);
    expect(caddyfile).toMatch(/handle @health \{\s+error 404\s+\}\s+handle @gateways/);
  });

  it('goes by what a role says of itself, never by what becomes of requests, which a client may break off', () => {
    expect(caddyfile).toContain('health_uri /health/ready');
    expect(caddyfile).not.toMatch(/^\s*(fail_duration|max_fails|unhealthy_\w+)/m);
  });

  it('waits for an answer for as long as it may take to begin, and no longer than the roles hold on', () => {
    const [, most] = /^seconds, 1–(\d+)$/.exec(rows.LIST_TIMEOUT_S.type)!;
    expect(rows.LIST_TIMEOUT_S.read(most!)).toBe(Number(most));
    expect(() => rows.LIST_TIMEOUT_S.read(String(Number(most) + 1))).toThrow('1 to');
    const limits = [...caddyfile.matchAll(/import ready (\d+)s/g)].map(([, seconds]) => Number(seconds) * 1_000);
    expect(limits).toHaveLength(2);
    expect(limits[0]).toBeGreaterThan(UPGRADE_TIME);
    expect(limits[1]).toBeGreaterThan(Number(most) * 1_000 + READ_TIME);
    expect(limits[1]).toBeLessThan(HTTP_TIMES.silence);
  });

  it('knows which pages may read its answers', () => {
    const [, environment] = /^ {2}proxy:\n[^]*?environment:\n((?: {6}.*\n)*)/m.exec(compose)!;
    const [, origins] = /\{env\.(\w+)\}\.split/.exec(caddyfile)!;
    expect(environment).toContain(` ${origins}:\n`);
    expect(rows).toHaveProperty(origins!);
  });

  it('refuses in the shape of every error', () => {
    const shape = /respond `(.*)` \{args\[0\]\}/.exec(caddyfile)![1]!;
    const refusals = [...caddyfile.matchAll(/import refuse (\d+) (\w+) "(.*)"/g)].map(([, ...words]) => words);
    expect(refusals.map(([status]) => status)).toEqual(['404', '503', '503']);
    for (const [status, reason, message] of refusals) {
      const answer = [status, reason, message].reduce((text, word, i) => text!.replace(`{args[${i}]}`, word!), shape);
      expect(reasons).toContain(reason);
      const same = new HttpRefusal(Number(status), [httpFault(reason as Reason, message!)]);
      expect(JSON.parse(answer!)).toEqual(errorAnswer(same));
    }
  });

  it('keeps tokens out of its log', () => {
    expect(caddyfile).toMatch(/request>uri query \{\s+replace token hidden\s+\}/);
  });
});
