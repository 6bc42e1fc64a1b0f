import { describe, expect, it } from '@jest/globals';
import { CLOSE } from '#protocol';
import { settle } from './chat-in-memory.js';
import { brief, gatherAnew, here, presenceOf, subscribe, there, third } from './two-gateways.js';

gatherAnew();

describe('presence in a clan', () => {
  it('is told later only to who still wants to know', async () => {
    const ada = await here.join('ada', '3');
    await subscribe(ada.client, 'presence');
    let isFull = true;
    Object.defineProperty(ada.socket, 'writableNeedDrain', { get: () => isFull });
    await there.join('bob', '3');
    await settle(300);
    await subscribe(ada.client);
    isFull = false;
    ada.socket.emit('drain');
    await settle(50);
    expect(presenceOf(ada.client)).toHaveLength(1);
  });

  it('ends where a connection was closed whose client does not hang up', async () => {
    const [ada, bob] = [await here.join('ada', '3'), await there.join('bob', '3')];
    await subscribe(ada.client, 'presence');
    bob.client.ws.pause();
    bob.session.close(CLOSE.internal);
    await settle(900);
    expect(presenceOf(ada.client).slice(1)).toEqual([]);
    await settle(3_000);
    expect(presenceOf(ada.client).slice(1).map(brief)).toEqual([{ online: [], offline: ['bob'] }]);
  });

  it('loses the people of a gateway that is dead within 10 s, and those of one that says goodbye at once', async () => {
    const other = await third();
    const ada = await here.join('ada', '3');
    await there.join('bob', '3');
    await other.join('cleo', '3');
    await subscribe(ada.client, 'presence');
    other.presence.onApplicationShutdown();
    await settle(50);
    expect(presenceOf(ada.client).map(brief).slice(1)).toEqual([{ online: [], offline: ['cleo'] }]);
    // It says nothing any more, not even goodbye.
    there.connection.lose();
    await settle(6_500);
    expect(presenceOf(ada.client)).toHaveLength(2);
    await settle(3_000);
    expect(brief(presenceOf(ada.client).at(-1)!)).toEqual({ online: [], offline: ['bob'] });
    there.connection.comeBack();
    await settle(5_000);
    expect(brief(presenceOf(ada.client).at(-1)!)).toEqual({ online: ['bob'], offline: [] });
  });

  it('holds while nothing can be heard, and then is what it is by then', async () => {
    const ada = await here.join('ada', '3');
    const bob = await there.join('bob', '3');
    await subscribe(ada.client, 'presence');
    here.connection.lose();
    await there.join('cleo', '3');
    bob.client.ws.close();
    await settle(20_000);
    expect(presenceOf(ada.client)).toHaveLength(1);
    here.connection.comeBack();
    await settle(4_000);
    const after = presenceOf(ada.client).slice(1).map(brief);
    expect([after.flatMap(({ online }) => online), after.flatMap(({ offline }) => offline)]).toEqual([
      ['cleo'],
      ['bob'],
    ]);
  });

  it('is one whole list for who has not read for a while', async () => {
    const ada = await here.join('ada', '3');
    await subscribe(ada.client, 'presence');
    const { socket } = ada;
    let isFull = true;
    Object.defineProperty(socket, 'writableNeedDrain', { get: () => isFull });
    const bob = await there.join('bob', '3');
    await there.join('cleo', '3');
    await settle(500);
    bob.client.ws.close();
    await settle(1_500);
    expect(presenceOf(ada.client)).toHaveLength(1);
    isFull = false;
    socket.emit('drain');
    await settle(50);
    expect(presenceOf(ada.client).slice(1).map(brief)).toEqual([
      { online: expect.arrayContaining(['ada', 'cleo']), offline: [], snapshot: true },
    ]);
    expect(presenceOf(ada.client)[1]!['online']).toHaveLength(2);
  });
});
