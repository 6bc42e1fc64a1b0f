import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { heldReadModels } from '../../../libs/read-models/test/held-read-models.js';
import { reasons, QueryUnderTest, stores } from './query-under-test.js';

const [[, open]] = stores as [(typeof stores)[0]];

const routes = [
  ['GET', '/chat/history?type=global'],
  ['GET', '/chats'],
  ['GET', '/chats/1/messages'],
  ['PUT', '/clans/1/members/2'],
  ['DELETE', '/clans/1/members/2'],
  ['PUT', '/players/1'],
  ['GET', '/players/1'],
  ['GET', '/clans/1/members'],
  ['GET', '/stats?room=global&from=2026-01-01&to=2026-01-02'],
  ['GET', '/audit'],
  ['GET', '/players/1/export'],
] as const;

describe('HTTP', () => {
  let query: QueryUnderTest;

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
  });
  afterAll(() => query.stop());

  it.each(routes)('wants a token for %s %s', async (method, path) => {
    const valid = query.token('7');
    const attempts: [string | null, RequestInit?][] = [
      [null],
      ['nonsense'],
      [valid.slice(0, -3)],
      [`${valid} ${valid}`],
      [null, { headers: { authorization: valid } }],
      [null, { headers: { authorization: `Basic ${valid}` } }],
    ];
    for (const [token, init] of attempts) {
      const answer = await query.request(method, path, token, init);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.body).toEqual({
        statusCode: 401,
        errors: [
          {
            reason: 'NOT_AUTHENTICATED',
            field: 'token',
            value: null,
            message: expect.stringContaining('token'),
            additional: null,
          },
        ],
      });
      expect(JSON.stringify(answer.body)).not.toContain(valid.slice(0, 20));
    }
    const inAddress = await query.request(method, `${path}${path.includes('?') ? '&' : '?'}token=${valid}`, null);
    expect(inAddress.status).toBe(401);
  });

  it('answers what is not there in the same shape', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/nothing?token=abcdef'],
      ['POST', '/chats'],
      ['DELETE', '/players'],
      ['GET', '/clans/1/members/2'],
    ] as const) {
      const answer = await query.request(method, path, query.token('7'));
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ statusCode: 404, errors: [{ reason: 'NOT_FOUND', additional: null }] });
      expect(JSON.stringify(answer.body)).not.toContain('abcdef');
    }
    const malformed = await query.request('GET', '/chats/%zz/messages', query.token('7'));
    expect([malformed.status, reasons(malformed)]).toEqual([400, ['VALIDATION']]);
  });

  it('does not tell what it is made of', async () => {
    const { headers } = await query.request('GET', '/chats', query.token('7'));
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('is documented at /api: every route, every parameter, every answer', async () => {
    const page = await query.request('GET', '/api', null);
    expect([page.status, String(page.body)]).toEqual([200, expect.stringContaining('Parley API')]);
    const { body } = await query.request('GET', '/api-json', null);
    const document = body as {
      paths: Record<
        string,
        Record<string, { parameters: { name: string }[]; security?: unknown; responses: Record<string, unknown> }>
      >;
      components: { schemas: Record<string, unknown> };
    };
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(documented.sort()).toEqual([
      'delete /clans/{clanId}/members/{userId}',
      'delete /players/{id}',
      'delete /rooms/{room}/bans/{userId}',
      'delete /rooms/{room}/messages/{messageId}',
      'delete /rooms/{room}/mutes/{userId}',
      'delete /tokens/{jti}',
      'get /audit',
      'get /chat/history',
      'get /chat/messages/{messageId}/thread',
      'get /chats',
      'get /chats/{id}/messages',
      'get /chats/{id}/messages/{messageId}/thread',
      'get /clans/{clanId}/members',
      'get /health/live',
      'get /health/ready',
      'get /log',
      'get /log/at',
      'get /log/rooms',
      'get /online',
      'get /online/gateways',
      'get /players/{id}',
      'get /players/{id}/export',
      'get /players/{id}/sanctions',
      'get /rooms/{room}/slow-mode',
      'get /stats',
      'post /players/{id}/revoke',
      'put /clans/{clanId}/members/{userId}',
      'put /players/{id}',
      'put /rooms/{room}/bans/{userId}',
      'put /rooms/{room}/mutes/{userId}',
      'put /rooms/{room}/slow-mode',
    ]);
    const history = document.paths['/chat/history']?.['get'];
    expect(history?.parameters.map(({ name }) => name)).toEqual([
      'type',
      'recipientId',
      'page',
      'before',
      'limit',
      'withPageCount',
    ]);
    const parametersOf = (path: string) => document.paths[path]!['get']!.parameters.map(({ name }) => name);
    expect(parametersOf('/clans/{clanId}/members')).toEqual(['clanId', 'after', 'limit']);
    expect(parametersOf('/stats')).toEqual(['room', 'from', 'to']);
    const revoked = document.paths['/tokens/{jti}']!['delete']!;
    expect(revoked.parameters.map(({ name }) => name)).toEqual(['jti', 'exp']);
    expect(parametersOf('/audit')).toEqual(['room', 'message_id', 'user', 'from', 'until', 'after', 'limit']);
    expect(parametersOf('/players/{id}/export')).toEqual(['id', 'after']);
    const selection = ['from', 'until', 'last', 'room', 'user', 'type', 'limit'];
    expect(parametersOf('/log')).toEqual([...selection, 'follow', 'folds']);
    expect(parametersOf('/log/at')).toEqual(['room', 'when', 'last', 'steps']);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { responses, security } of Object.values(methods)) {
        if (path.startsWith('/health')) continue;
        expect(security).toEqual([{ bearer: [] }]);
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '429', '503']));
        for (const status of ['401', '429']) {
          expect(responses[status]).toMatchObject({
            content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorAnswer' } } },
          });
        }
      }
    }
    const { 429: limited, ...ofHealth } = document.paths['/health/ready']!['get']!.responses;
    expect([limited, Object.keys(ofHealth)]).toEqual([undefined, ['200', '503']]);
    const referred = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name!);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining([...new Set(referred)]));
  });

  it('serves of the page what it is made of, and no other file of its package', async () => {
    const status = async (path: string) => (await query.request('GET', path, null)).status;
    const page = String((await query.request('GET', '/api', null)).body);
    const parts = [...page.matchAll(/(?:src|href)="\.\/api\/([^"]+)"/g)].map(([, file]) => `/api/${file}`);
    expect(parts).toHaveLength(6);
    const others = [
      '/api',
      '/api/',
      '/api-json',
      '/api-yaml',
      '/api/sockets',
      '/api/asyncapi.json',
      '/api/asyncapi.yaml',
    ];
    for (const path of [...parts, ...others, '/api/sockets.js', '/api/sockets.css'])
      expect(await status(path)).toBe(200);
    const files = readdirSync('node_modules/swagger-ui-dist').map((file) => `/api/${file}`);
    expect(files).toEqual(expect.arrayContaining(['/api/package.json', '/api/swagger-ui-bundle.js.map']));
    for (const path of files) {
      if (parts.includes(path) || path === '/api/index.html') continue;
      const answer = await query.request('GET', path, null);
      expect([path, answer.status, reasons(answer)]).toEqual([path, 404, ['NOT_FOUND']]);
    }
    expect(await status('/api/%2e/package.json')).toBe(404);
    expect(await status('/api//package.json')).toBe(404);
    expect(await status('/API/package.json')).toBe(404);
  });
});

it.each([
  ['/chats', 'highest inbox of timeline-1'],
  ['/chats/CHAT/messages', 'range messages of timeline-1'],
  ['/chat/history?type=private&recipientId=8', 'range messages of timeline-1'],
])('of %s one at a time is read for each person', async (path, gate) => {
  const readModels = heldReadModels();
  const query = await QueryUnderTest.start(() => Promise.resolve(readModels));
  const chat = await query.openChat('7', '8');
  await query.projected();
  const asked = path.replace('CHAT', String(chat.seq));
  const held = readModels.gates.hold(gate);
  const first = query.get(asked, '7');
  await held.arrived;
  let answered = false;
  const second = query.get(asked, '7').finally(() => (answered = true));
  expect((await query.get('/chats', '8')).status).toBe(200);
  expect(answered).toBe(false);
  held.release();
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
  await query.stop();
});
