import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Affected, type Announcement, LEASE, OnlinePeople } from '../src/presence/online-people.js';
import type { OnlinePerson } from '../src/presence/own-people.js';

const CLANS = ['3', '4', null] as const;
const IDS = ['a', 'b', 'c', 'd'];

/** A gateway that people come to and leave, and what it has said of that. */
class Gateway {
  readonly people = new Map<string, string | null>();
  seq = 0;

  constructor(readonly id: string) {}

  list(): OnlinePerson[] {
    return [...this.people];
  }

  change(userId: string, clanId: string | null | undefined): Announcement {
    const went = clanId === undefined && this.people.delete(userId) ? [userId] : [];
    if (clanId !== undefined) this.people.set(userId, clanId);
    const came = clanId === undefined ? [] : [[userId, clanId] as const];
    if (came.length + went.length > 0) this.seq++;
    return { gateway: this.id, seq: this.seq, came, went };
  }

  beat(): Announcement {
    return { gateway: this.id, seq: this.seq, came: [], went: [] };
  }
}

const seenBy = (online: OnlinePeople) => ({
  online: IDS.filter((id) => online.isOnline(id)),
  clans: ['3', '4'].map((clan) => online.ofClan(clan).sort()),
});
const truth = (gateways: readonly Gateway[]) => ({
  online: IDS.filter((id) => gateways.some(({ people }) => people.has(id))),
  clans: ['3', '4'].map((clan) => IDS.filter((id) => gateways.some(({ people }) => people.get(id) === clan))),
});

describe('who is online', () => {
  it('is what every gateway says, whatever of it was lost, once each has been heard and asked', () => {
    const step = fc.record({
      which: fc.nat(2),
      userId: fc.constantFrom(...IDS),
      clanId: fc.constantFrom(...CLANS, undefined),
      fate: fc.constantFrom('heard', 'heard', 'heard', 'lost', 'asked'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const gateways = ['one', 'two', 'three'].map((id) => new Gateway(id));
        const online = new OnlinePeople();
        const told = new Map<string, string>();
        const changed = (change: (affected: Affected) => void) => {
          const before = new Map(IDS.map((id) => [id, JSON.stringify(seen(id))]));
          const affected: Affected = new Map();
          change(affected);
          // Whoever is otherwise than before is among those that others are told of, with both clans.
          for (const id of IDS)
            if (JSON.stringify(seen(id)) !== before.get(id)) expect([...affected.keys()]).toContain(id);
          for (const id of affected.keys()) told.set(id, JSON.stringify(seen(id)));
        };
        const seen = (id: string) => [online.isOnline(id), ...CLANS.map((clan) => online.isInClan(id, clan))];
        const hear = (said: Announcement) => {
          changed((affected) => online.hear(said, 0, affected));
        };
        const ask = ({ id, seq, list }: { id: string; seq: number; list: OnlinePerson[] }) => {
          changed((affected) => {
            online.take({ gateway: id, seq, people: list }, 0, affected);
          });
        };
        for (const { which, userId, clanId, fate } of steps) {
          const gateway = gateways[which]!;
          // A list that is asked for may come before or after what happens meanwhile.
          const list = { id: gateway.id, seq: gateway.seq, list: gateway.list() };
          const said = gateway.change(userId, clanId);
          if (fate !== 'lost') hear(said);
          if (fate === 'asked') ask(list);
        }
        for (const gateway of gateways) {
          const isToBeAsked = online.hear(gateway.beat(), 0, new Map());
          if (isToBeAsked) ask({ id: gateway.id, seq: gateway.seq, list: gateway.list() });
        }
        expect(seenBy(online)).toEqual(truth(gateways));
      }),
      { numRuns: 500 },
    );
  });

  it('is nobody of a gateway that has said nothing for eight seconds, or goodbye', () => {
    const online = new OnlinePeople();
    const [one, two] = [new Gateway('one'), new Gateway('two')];
    for (const gateway of [one, two]) {
      online.take({ gateway: gateway.id, seq: 0, people: [] }, 0, new Map());
      online.hear(gateway.change('a', '3'), 0, new Map());
    }
    online.hear(one.change('b', '3'), 0, new Map());
    online.hear(two.beat(), LEASE, new Map());
    online.expire(LEASE, new Map());
    expect(online.ofClan('3')).toEqual(['a', 'b']);
    const affected: Affected = new Map();
    online.expire(LEASE + 1, affected);
    expect([online.ofClan('3'), online.isOnline('b'), [...affected.keys()].sort()]).toEqual([['a'], false, ['a', 'b']]);
    online.end('two', affected);
    expect([online.ofClan('3'), online.isOnline('a')]).toEqual([[], false]);
  });

  it('is not taken from a list that is older than what was heard', () => {
    const online = new OnlinePeople();
    const one = new Gateway('one');
    const list = { gateway: 'one', seq: 0, people: [] };
    online.take(list, 0, new Map());
    online.hear(one.change('a', '3'), 0, new Map());
    online.take(list, 0, new Map());
    expect(online.isOnline('a')).toBe(true);
  });

  it('keeps the last thousand changes while a list is asked for', () => {
    for (const [missed, isOnline] of [
      [2, true],
      [1, false],
    ] as const) {
      const online = new OnlinePeople();
      const one = new Gateway('one');
      for (let i = 0; i < 1_002; i++) online.hear(one.change('a', i % 2 === 0 ? '3' : '4'), 0, new Map());
      online.take({ gateway: 'one', seq: missed, people: [] }, 0, new Map());
      expect(online.isOnline('a')).toBe(isOnline);
    }
  });

  it('spares those who cannot be heard at this moment', () => {
    const online = new OnlinePeople();
    online.take({ gateway: 'one', seq: 0, people: [['a', null]] }, 0, new Map());
    online.spare(LEASE + 1);
    online.expire(LEASE + 1, new Map());
    expect(online.isOnline('a')).toBe(true);
    online.clear();
    expect(online.isOnline('a')).toBe(false);
  });
});
