import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { directRoom, partitionOf } from '#domain';
import { MONGODB_URL, posted, SystemUnderTest, until } from './system-under-test.js';

(MONGODB_URL === undefined ? describe.skip : describe)('chatctl dead-letters', () => {
  const room = directRoom('1', '2');
  const partition = String(partitionOf(room));
  let system: SystemUnderTest;

  beforeAll(async () => {
    system = await SystemUnderTest.create();
    const worker = system.start('one');
    for (const content of ['one', 'two']) await system.append(posted(room, content));
    await until('both are letters', () => worker.counters.deadLetters === 2);
  });

  afterAll(async () => {
    await system.close();
  });

  it('lists them', async () => {
    const { status, out } = await system.chatctl('dead-letters', 'list');
    expect(status).toBe(0);
    const rest = '\\d{4}-\\d\\d-\\d\\dT\\S+Z  MessageCreated  a message in direct:1:2 before its chat\n';
    expect(out).toMatch(new RegExp(`^timeline ${partition} 1  ${rest}timeline ${partition} 2  ${rest}$`));
    const json = (await system.chatctl('dead-letters', 'list', '--json')).out.trimEnd().split('\n');
    expect(JSON.parse(json[1]!)).toMatchObject({ projection: 'timeline', seq: 2, type: 'MessageCreated' });
  });

  it('shows one with its record', async () => {
    const { status, out } = await system.chatctl('dead-letters', 'show', 'timeline', partition, '2');
    expect(status).toBe(0);
    expect(out).toContain(`room     ${room}`);
    expect(out).toContain('event    MessageCreated, version ');
    expect(out).toContain('"content":"two"');
  });

  it('drops one, and the event stays', async () => {
    const words = ['dead-letters', 'drop', 'timeline', partition, '1'];
    expect(await system.chatctl(...words)).toMatchObject({ status: 2, out: '' });
    expect((await system.chatctl('dead-letters', 'list')).out).toContain(`timeline ${partition} 1 `);
    expect((await system.chatctl(...words, '--yes')).status).toBe(0);
    expect((await system.chatctl('dead-letters', 'list')).out).toMatch(/^timeline \d+ 2 [^\n]+\n$/);
    const again = await system.chatctl(...words, '--yes');
    expect(again).toMatchObject({ status: 2, out: '' });
    expect(again.complaints).toContain(`there is no dead letter timeline ${partition} 1`);
    expect((await system.log.state()).messages).toBe(2);
  });

  it('says what is wrong with the words', async () => {
    for (const [words, complaint] of [
      [['show', 'timeline'], 'say which letter'],
      [['show', 'timeline', '16', '1'], 'PARTITION is a number from 0 to 15'],
      [['show', 'timeline', '1', 'x'], 'SEQ is the sequence'],
      [['refold'], 'say which projection'],
      [['bury'], 'followed by list, show, drop or refold'],
    ] as const) {
      const { status, complaints } = await system.chatctl('dead-letters', ...words);
      expect(status).toBe(2);
      expect(complaints).toContain(complaint);
    }
  });
});
