import { describe, expect, it } from '@jest/globals';
import { person, reasons, QueryUnderTest, stores } from './query-under-test.js';

const [[, open]] = stores as [(typeof stores)[0]];

describe('the health of the query side', () => {
  // Apart from a projector, as in production, the read models are ones that both can see.
  const itWithMongodb = process.env['TEST_MONGODB_URL'] === undefined ? it.skip : it;

  itWithMongodb('is ready once a projector has taken the log on and is not far behind', async () => {
    const query = await QueryUnderTest.start(stores.at(-1)![1], 3);
    try {
      expect((await query.request('GET', '/health/live', null)).body).toEqual({ live: true });
      const none = await query.request('GET', '/health/ready', null);
      expect(none.status).toBe(503);
      expect(none.body).toMatchObject({
        statusCode: 503,
        errors: [
          { reason: 'UNAVAILABLE', field: 'projection timeline', message: expect.stringContaining('start one') },
        ],
      });
      await query.projected();
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      expect(await query.request('GET', '/health/ready', null)).toMatchObject({ status: 200, body: { ready: true } });
      await query.worker.stop();
      for (let i = 0; i < 10; i++) await query.say(person('ada'), `message ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const behind = await query.request('GET', '/health/ready', null);
      expect(behind).toMatchObject({
        status: 503,
        body: { errors: [{ message: expect.stringContaining('10 events behind') }] },
      });
      // As after minutes in which nobody asked for them.
      await query.log.removeConsumers('timeline-');
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      expect(await query.request('GET', '/health/ready', null)).toMatchObject({
        status: 503,
        body: { errors: [{ message: expect.stringContaining('no projector is at work') }] },
      });
    } finally {
      await query.stop();
    }
  });

  it('leaves it to the worker of this process to say how far read models in memory are', async () => {
    const query = await QueryUnderTest.start(open);
    expect(await query.request('GET', '/health/ready', null)).toMatchObject({ status: 200, body: { ready: true } });
    await query.stop();
  });

  itWithMongodb('starts before there is a log, and says what is missing until a projector has run', async () => {
    const query = await QueryUnderTest.start(stores.at(-1)![1], 10, true);
    try {
      const ready = await query.request('GET', '/health/ready', null);
      expect(ready.status).toBe(503);
      expect(ready.body).toMatchObject({
        errors: [
          { field: 'log', message: expect.stringContaining('a projector makes it') },
          { field: 'revoked tokens', message: expect.stringContaining('a projector makes it') },
          { field: 'projection timeline' },
        ],
      });
      expect((await query.service('PUT', '/clans/1/members/ada')).status).toBe(503);
      await query.projected();
      await query.allRead();
      expect((await query.service('PUT', '/clans/1/members/ada')).status).toBe(204);
      expect((await query.get('/chat/history?type=clan', 'ada')).status).toBe(200);
    } finally {
      await query.stop();
    }
  });

  it('says that the log is away, and so does what needs it', async () => {
    const query = await QueryUnderTest.start(open);
    try {
      await query.projected();
      await query.log.close();
      const ready = await query.request('GET', '/health/ready', null);
      expect(ready.status).toBe(503);
      expect(ready.body).toMatchObject({
        errors: [{ field: 'log', message: expect.stringContaining('NATS_URL') }],
      });
      for (const answer of [
        await query.get('/chat/history?type=clan', 'ada'),
        // Whether they are banned there nobody can say.
        await query.get('/chat/history?type=global', 'ada'),
        await query.get('/chats/1/messages', 'ada'),
        await query.service('PUT', '/players/ada', { name: 'Ada' }),
        await query.service('PUT', '/clans/1/members/ada'),
      ]) {
        expect([answer.status, reasons(answer)]).toEqual([503, ['UNAVAILABLE']]);
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect((await query.get('/chat/history?type=private&recipientId=8', 'ada')).status).toBe(200);
    } finally {
      await query.stop();
    }
  });
});
