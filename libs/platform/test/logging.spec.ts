import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createLogger, withoutSecrets } from '../src/logging.js';
import { signDevelopmentToken } from '../src/tokens.js';

const token = signDevelopmentToken('a secret of thirty-two bytes, 32', { userId: 7, seconds: 60 });

afterEach(() => {
  jest.restoreAllMocks();
});

/** What the logger writes while `act` runs. */
function written(act: () => void): string {
  let text = '';
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
  }
  act();
  jest.restoreAllMocks();
  return text;
}

describe('the log', () => {
  it('holds no token, wherever it stood', () => {
    for (const role of ['gateway', 'standalone'] as const) {
      const logger = createLogger({ role, logLevel: 'debug' });
      const text = written(() => {
        logger.log(`GET /ws/chat?token=${token}`);
        logger.warn({ headers: { authorization: `Bearer ${token}` }, token: 'opaque-one' });
        logger.error(`bad ${token}`, `Error: ${token}\n    at here.js:1:1`);
        logger.error(new Error(`/ws?userId=7&token=opaque-one`));
        logger.error('mongodb://user:hunter2@host:27017/ is away');
      });
      expect(text).not.toContain(token.slice(0, 30));
      expect(text).not.toContain('opaque-one');
      expect(text).not.toContain('hunter2');
      expect(text).toContain('/ws/chat?[query]');
    }
  });

  it('is one JSON object a line, but for people in the standalone', () => {
    const lines = written(() => {
      createLogger({ role: 'query', logLevel: 'info' }).log('up', 'Query');
    });
    expect(JSON.parse(lines)).toMatchObject({ level: 'log', message: 'up', context: 'Query', role: 'query' });
    const text = written(() => {
      createLogger({ role: 'standalone', logLevel: 'info' }).log('up', 'Query');
    });
    expect(text).toMatch(/LOG \[Query\] up\n$/);
  });

  it('has the level that is configured', () => {
    const logger = createLogger({ role: 'query', logLevel: 'warn' });
    const text = written(() => {
      logger.log('quiet');
      logger.debug('quiet');
      logger.warn('aloud');
    });
    expect(text).toContain('aloud');
    expect(text).not.toContain('quiet');
  });

  it('leaves other text as it is', () => {
    const text = 'GET /chat/history?type=global&page=2: 400; who? token=eyes, a@b.example';
    expect(withoutSecrets(text)).toBe(text);
  });
});
