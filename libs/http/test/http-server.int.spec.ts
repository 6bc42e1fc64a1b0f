import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Module, Put, UseGuards } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { BearerGuard, createHttpApp, ForService, HealthModule } from '../src/index.js';
import { Health, HttpRefusal, httpFault, signDevelopmentToken, Tokens } from '#platform';
import { type HttpSettings, loadConfig } from '#settings';

// What every role's HTTP side does, whatever it serves: who may read its answers, and how much one may ask for.

const secret = 'a secret of thirty-two bytes, 32';
const tokens = new Tokens({ secret, leewaySeconds: 0 }, { isRevoked: () => false, hindrance: null });
const token = (userId: string, scope?: string): string =>
  signDevelopmentToken(secret, { userId, seconds: 600, ...(scope !== undefined && { scope }) });

@Controller('one')
@UseGuards(BearerGuard)
class OneController {
  @Get()
  one(): string {
    return 'one';
  }

  @Put()
  put(@Body() body: unknown): unknown {
    return body;
  }
}

@Controller('two')
@UseGuards(BearerGuard)
class TwoController {
  @Get()
  two(): string {
    return 'two';
  }

  @Get('away')
  away(): never {
    throw new HttpRefusal(503, [httpFault('UNAVAILABLE', 'away')]);
  }
}

@Controller('service')
@UseGuards(BearerGuard)
@ForService()
class ServiceController {
  @Put()
  put(): string {
    return 'put';
  }
}

@Module({})
class TestModule {}

const apps: NestExpressApplication[] = [];
afterAll(() => Promise.all(apps.map((app) => app.close())));

type Ask = (method: string, path: string, headers?: Record<string, string>, body?: string) => Promise<Response>;

async function serve(changes: Partial<HttpSettings>): Promise<Ask> {
  const module = {
    module: TestModule,
    imports: [HealthModule.of(new Health())],
    controllers: [OneController, TwoController, ServiceController],
    providers: [{ provide: Tokens, useValue: tokens }],
  };
  const app = await createHttpApp(module, { ...loadConfig({}, 'standalone').http, ...changes }, false, tokens);
  apps.push(app);
  app.use('/page', (_: unknown, response: ServerResponse) => response.end('page'));
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return (method, path, headers = {}, body) => fetch(url + path, { method, headers, ...(body && { body }) });
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

describe('a page of another origin', () => {
  let ask: Ask;
  let askAny: Ask;
  const ours = { origin: 'https://game.example' };
  const theirs = { origin: 'https://evil.example' };
  const preflight = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' };

  beforeAll(async () => {
    ask = await serve({ allowedOrigins: ['https://other.example', 'https://game.example'], requestsBurst: 1_000 });
    askAny = await serve({ requestsBurst: 1_000 });
  });

  it('may send a token and JSON where its origin is allowed', async () => {
    const answer = await ask('OPTIONS', '/one', { ...ours, ...preflight });
    expect([answer.status, allowed(answer), answer.headers.get('vary')]).toEqual([204, ours.origin, 'Origin']);
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET,PUT,POST,DELETE');
    expect(answer.headers.get('access-control-allow-headers')).toBe('Authorization,Content-Type');
  });

  const json = { 'content-type': 'application/json' };
  const answers: [what: string, status: number, ...request: Parameters<Ask>][] = [
    ['an answer', 200, 'GET', '/one', bearer(token('7'))],
    ['no token', 401, 'GET', '/one'],
    ['the wrong token', 403, 'GET', '/one', bearer(token('game', 'service'))],
    ['nothing there', 404, 'GET', '/nothing'],
    ['a broken body', 400, 'PUT', '/one', { ...bearer(token('7')), ...json }, '{'],
    ['a large body', 413, 'PUT', '/one', { ...bearer(token('7')), ...json }, `["${'x'.repeat(20_000)}"]`],
    ['a server away', 503, 'GET', '/two/away', bearer(token('7'))],
    ['the health', 200, 'GET', '/health/live'],
  ];
  it.each(answers)('may read it where its origin is allowed, and no other: %s', async (_, status, ...request) => {
    const [method, path, headers, body] = request;
    const mine = await ask(method, path, { ...headers, ...ours }, body);
    expect([mine.status, allowed(mine), mine.headers.get('vary')]).toEqual([status, ours.origin, 'Origin']);
    expect(mine.headers.get('access-control-expose-headers')).toContain('Retry-After');
    for (const others of [theirs, {}]) {
      const other = await ask(method, path, { ...headers, ...others }, body);
      expect([other.status, allowed(other), other.headers.get('vary')]).toEqual([status, null, 'Origin']);
    }
    const any = await askAny(method, path, { ...headers, ...theirs }, body);
    expect([any.status, allowed(any)]).toEqual([status, '*']);
    for (const { headers: told } of [mine, any]) expect(told.get('access-control-allow-credentials')).toBeNull();
  });

  it('is told that it may not, before it sends anything, where its origin is not allowed', async () => {
    expect(allowed(await ask('OPTIONS', '/one', { ...theirs, ...preflight }))).toBeNull();
    expect(allowed(await askAny('OPTIONS', '/one', { ...theirs, ...preflight }))).toBe('*');
  });
});

describe('requests', () => {
  const BURST = 5;
  /** So few a second that none is added while a test runs. */
  const slowly = { requestsPerSecond: 0.01, requestsBurst: BURST };
  const statuses = async (ask: Ask, count: number, path: string, headers?: Record<string, string>) => {
    const all: number[] = [];
    while (all.length < count) all.push((await ask('GET', path, headers)).status);
    return all;
  };
  const upTo = (status: number): number[] => [...Array<number>(BURST).fill(status), 429];

  it('of a user are counted over all routes and answered with 429 beyond the limit, and of nobody else', async () => {
    const ask = await serve(slowly);
    const ada = bearer(token('ada'));
    expect(await statuses(ask, 3, '/one', ada)).toEqual([200, 200, 200]);
    expect(await statuses(ask, 3, '/two', ada)).toEqual([200, 200, 429]);
    const answer = await ask('GET', '/one', { ...bearer(token('ada')), origin: 'https://game.example' });
    expect(answer.status).toBe(429);
    expect(await answer.json()).toEqual({
      statusCode: 429,
      errors: [{ reason: 'TOO_MANY', field: null, value: null, message: expect.any(String), additional: null }],
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(400);
    expect(allowed(answer)).toBe('*');
    expect(await statuses(ask, 1, '/one', bearer(token('bob')))).toEqual([200]);
  });

  it('are answered again after Retry-After', async () => {
    const ask = await serve({ requestsPerSecond: 5, requestsBurst: BURST });
    const ada = bearer(token('ada'));
    const all = await Promise.all(Array.from({ length: BURST + 1 }, () => ask('GET', '/one', ada)));
    expect(all.map(({ status }) => status).sort()).toEqual(upTo(200));
    const seconds = Number(all.find(({ status }) => status === 429)!.headers.get('retry-after'));
    expect(seconds).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    expect(await statuses(ask, 1, '/one', ada)).toEqual([200]);
  });

  it('without a valid token are counted by address: a forged one spends nothing of the user that it names', async () => {
    const ask = await serve(slowly);
    expect(await statuses(ask, 3, '/one')).toEqual([401, 401, 401]);
    const forged = signDevelopmentToken(`not ${secret}`, { userId: 'ada', seconds: 600 });
    expect(await statuses(ask, 3, '/one', bearer(forged))).toEqual([401, 401, 429]);
    expect(await statuses(ask, 1, '/one', bearer(token('ada')))).toEqual([200]);
  });

  it('are counted whatever they ask for: what is not there, what cannot be read, what no route of ours serves', async () => {
    const ask = await serve(slowly);
    const ada = bearer(token('ada'));
    const broken = async (headers: Record<string, string>) =>
      (await ask('PUT', '/one', { ...headers, 'content-type': 'application/json' }, '{')).status;
    expect(await statuses(ask, 3, '/nothing')).toEqual([404, 404, 404]);
    expect([await broken({}), await broken({})]).toEqual([400, 400]);
    for (const path of ['/nothing', '/page', '/health/']) expect(await statuses(ask, 1, path)).toEqual([429]);
    expect(await broken({})).toBe(429);
    const all = [await statuses(ask, 2, '/page', ada), await statuses(ask, 3, '/nothing', ada), await broken(ada)];
    expect(all.flat()).toEqual([200, 200, 404, 404, 404, 429]);
  });

  it('come from the address that a trusted proxy says, and no other', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const alone = await serve(slowly);
    for (let i = 0; i < BURST; i++) await alone('GET', '/one', from(`192.0.2.${i}`));
    expect((await alone('GET', '/one', from('192.0.2.9'))).status).toBe(429);
    const behind = await serve({ ...slowly, trustedProxies: ['loopback'] });
    expect(await statuses(behind, BURST + 1, '/one', from('192.0.2.1'))).toEqual(upTo(401));
    expect(await statuses(behind, 1, '/one', from('192.0.2.2'))).toEqual([401]);
    // What a client claims stands before what the proxy adds.
    expect(await statuses(behind, 1, '/one', from('192.0.2.3, 192.0.2.1'))).toEqual([429]);
    // Whoever has an address of the sixth version has a network of them.
    for (let i = 0; i < BURST; i++) await behind('GET', '/one', from(`2001:db8::${i}`));
    expect(await statuses(behind, 1, '/one', from('2001:db8::9'))).toEqual([429]);
  });

  it('of the surrounding application, and for the health, are not limited', async () => {
    const ask = await serve(slowly);
    expect(await statuses(ask, 2 * BURST, '/health/ready')).not.toContain(429);
    const service = bearer(token('game', 'service'));
    for (let i = 0; i < 2 * BURST; i++) expect((await ask('PUT', '/service', service)).status).toBe(200);
  });
});
