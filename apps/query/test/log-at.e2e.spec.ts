import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deleteMessage, type DomainEvent, editMessage, GLOBAL_ROOM } from '#domain';
import { knownSeq, RoomFold, roomThenView } from '#projections';
import { type Answer, context, person, QueryUnderTest, stores } from './query-under-test.js';

const [[, open]] = stores as [(typeof stores)[0]];

interface Message {
  readonly n: number;
  readonly content: string;
}
interface Room {
  readonly seq: number;
  readonly messages: readonly Message[];
  readonly steps?: readonly (Pick<Room, 'seq' | 'messages'> & { readonly type: string })[];
}

const firstError = ({ body }: Answer): unknown => (body as { errors: unknown[] }).errors[0];

describe('a room as it was, over HTTP', () => {
  let query: QueryUnderTest;

  beforeAll(async () => {
    query = await QueryUnderTest.start(open);
    await query.sayInClan('3', person('8'), 'elsewhere');
    const ids: string[] = [];
    for (const content of ['one', 'two', 'three']) {
      ids.push(((await query.say(person('7'), content)) as unknown as { readonly messageId: string }).messageId);
    }
    const state = {
      room: GLOBAL_ROOM,
      message: { room: GLOBAL_ROOM, sender: { id: '7' }, at: new Date().toISOString() },
    };
    const of = (i: number) => ({ ...context(), messageId: ids[i]!, userId: '7' });
    await query.append<DomainEvent>(editMessage({ ...of(0), content: 'one!', withinSeconds: 900 }, state));
    await query.reactTo(ids[1]!, GLOBAL_ROOM, '8', '👍');
    await query.append<DomainEvent>(deleteMessage(of(2), state));
  });
  afterAll(() => query.stop());

  const get = (parameters: string) => query.service('GET', `/log/at?room=global&${parameters}`);
  const at = async (parameters: string): Promise<Room> => {
    const { status, body } = await get(parameters);
    expect([parameters, status]).toEqual([parameters, 200]);
    return body as Room;
  };

  it('is what chatctl at tells, at a sequence and at a time', async () => {
    for (const seq of [2, 3, 4, 5, 6, 7]) {
      const fold = await RoomFold.start(query.log, GLOBAL_ROOM);
      await fold.to(await knownSeq(query.log, { seq }));
      const told = JSON.parse(JSON.stringify(roomThenView(await fold.room()))) as Room;
      expect(await at(`when=${seq}`)).toEqual(told);
    }
    expect((await at(`when=2999-01-31`)).seq).toBe(7);
  });

  it('has the last messages', async () => {
    const { messages } = await at('when=7&last=2');
    expect(messages.map(({ n }) => n)).toEqual([2, 3]);
  });

  it('has what each event after that led to: with it the room is what it was then', async () => {
    const { steps, ...first } = await at('when=2&last=2&steps=10');
    expect(steps!.map(({ seq, type, messages }) => [seq, type, messages.map(({ n }) => n)])).toEqual([
      [3, 'MessageCreated', [2]],
      [4, 'MessageCreated', [3]],
      // Of a message that is not among the last two any more.
      [5, 'MessageEdited', []],
      [6, 'ReactionAdded', [2]],
      [7, 'MessageDeleted', [3]],
    ]);
    const shown = new Map(first.messages.map((message) => [message.n, message]));
    for (const { seq, messages } of steps!) {
      for (const message of messages) shown.set(message.n, message);
      const then = await at(`when=${seq}&last=2`);
      expect([...shown.values()].slice(-2)).toEqual(then.messages);
    }
    expect((await at('when=2&last=200&steps=1000')).steps).toHaveLength(5);
    expect((await at('when=2&steps=2')).steps!.map(({ seq }) => seq)).toEqual([3, 4]);
    expect(await at('when=2')).not.toHaveProperty('steps');
  });

  it.each([
    ['/log/at?room=global&when=1', 404, 'there was nothing in global yet'],
    ['/log/at?room=global&when=1000', 404, 'the log ends at 7'],
    ['/log/at?room=clan:none&when=3', 404, 'the log has nothing of clan:none'],
    ['/log/at?room=user:7&when=3', 400, 'nobody says anything in this room'],
    ['/log/at?room=global', 400, 'when'],
    ['/log/at?when=3', 400, 'room'],
    ['/log/at?room=global&when=x', 400, 'when'],
    ['/log/at?room=global&when=3&last=0', 400, 'last'],
    ['/log/at?room=global&when=3&steps=1001', 400, 'steps'],
    ['/log/at?room=global&when=3&steps=201', 400, 'last times steps must not be more than 200000'],
    ['/log/at?room=global&when=3&last=201&steps=1000', 400, 'last times steps must not be more than 200000'],
  ])('answers %s with %d', async (path, status, message) => {
    const answer = await query.service('GET', path);
    expect([answer.status, firstError(answer)]).toMatchObject([status, { message: expect.stringContaining(message) }]);
  });
});
