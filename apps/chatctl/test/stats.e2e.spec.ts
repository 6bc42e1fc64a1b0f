import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM } from '#domain';
import { stats } from '#projections';
import { MONGODB_URL, posted, SystemUnderTest } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl stats', () => {
  let system: SystemUnderTest;

  beforeAll(async () => {
    system = await SystemUnderTest.create();
  });
  afterAll(() => system.close());

  it('says what to do where nobody has run the projection', async () => {
    const { status, out, complaints } = await system.chatctl('stats', 'global');
    expect([status, out]).toEqual([2, '']);
    expect(complaints).toBe('chatctl: no projector has run stats yet: start one that has it among its PROJECTIONS\n');
  });

  describe('once it is run', () => {
    // As `posted` has it.
    const day = '2026-01-02';

    beforeAll(async () => {
      for (const sender of ['1', '2', '1']) await system.append(posted(GLOBAL_ROOM, 'hello', sender));
      await system.append({ ...posted(GLOBAL_ROOM, 'later'), at: '2026-03-04T00:00:00.000Z' });
      await system.append({ ...posted(clanRoom('x y'), 'today'), at: new Date().toISOString() });
      system.start('one', stats);
      await system.folded();
    });

    it('shows a table of the days', async () => {
      const { status, out } = await system.chatctl('stats', 'global', '--from', day, '--to', '2026-12-31');
      expect(status).toBe(0);
      expect(out).toBe(
        [
          'day        people said reacted undone edited deleted seen chats joins left names',
          '2026-01-02      2    3       0      0      0       0    0     0     0    0     0',
          '2026-03-04      1    1       0      0      0       0    0     0     0    0     0',
          '',
        ].join('\n'),
      );
    });

    it('prints an object a day for scripts', async () => {
      const { out } = await system.chatctl('stats', 'global', '--from', day, '--to', day, '--json');
      const counts = { messages: 3, reactionsAdded: 0, reactionsRemoved: 0, edits: 0, deletions: 0, seenMarks: 0 };
      const others = { chatsOpened: 0, joins: 0, leaves: 0, profileChanges: 0 };
      expect(out.endsWith('}\n')).toBe(true);
      expect(JSON.parse(out)).toEqual({ room: 'global', day, activeUsers: 2, counts: { ...counts, ...others } });
    });

    it('shows the last 30 days where it is not told which', async () => {
      for (const room of ['clan:x=20y', 'clan:x y']) {
        expect((await system.chatctl('stats', room)).out).toMatch(/^day .*\n\d{4}-\d\d-\d\d {6}1 {4}1 .*\n$/);
      }
      const { status, out } = await system.chatctl('stats', 'global', '--to', '2026-02-01');
      expect([status, out]).toEqual([0, 'nothing happened in global from 2026-01-03 to 2026-02-01\n']);
      expect((await system.chatctl('stats', 'global', '--to', '2026-01-31')).out).toContain(`\n${day} `);
      expect((await system.chatctl('stats', 'global', '--to', '2026-02-01', '--json')).out).toBe('');
    });
  });

  it.each([
    [[], 'say which room, and only one: global, clan:ID'],
    [['clan:'], 'say which room'],
    [['global', 'clan:3'], 'say which room'],
    [['global', '--from', 'yesterday'], '--from must be a day, such as 2026-01-31'],
    [['global', '--to', '2026-02-30'], '--to must be a day, such as 2026-01-31'],
    [
      ['global', '--from', '2025-01-01', '--to', '2026-01-02'],
      '--to must be from 2025-01-01 to 2026-01-01, which are 366 days',
    ],
    [['global', '--from', '2026-01-02', '--to', '2026-01-01'], '--to must be from 2026-01-02'],
  ])('does not take %j', async (words, complaint) => {
    const { status, complaints } = await system.chatctl('stats', ...words);
    expect(status).toBe(2);
    expect(complaints).toContain(complaint);
  });
});
