import { describe, expect, it } from '@jest/globals';
import { CLOSE, INTERNAL, tooMany, UNAVAILABLE, UNKNOWN } from '#protocol';
import { gatewayFigures, trafficOf } from '../src/figures.js';
import type { Hub } from '../src/feeds/hub.js';
import { DIRECT_CHAT, ROOM_CHAT } from '../src/socket/endpoint.js';
import type { Session } from '../src/socket/session.js';
import { NO_GOODBYE, outcomeOf, Traffic } from '../src/traffic.js';

type Open = Partial<Pick<Session, 'endpoint' | 'isOpen' | 'waiting'>>;
const session = (one: Open): Session =>
  ({ endpoint: DIRECT_CHAT, isOpen: true, waiting: { frames: 0, bytes: 0 }, ...one }) as unknown as Session;

/** What they say, by what each counts: `name{label=value} type` */
async function told(traffic: Traffic, hubs: readonly Pick<Hub, 'sessions' | 'held'>[] = []) {
  const lines = new Map<string, number>();
  for (const { name, help, type, labels = [], read } of gatewayFigures(traffic, () => hubs)) {
    expect(help).toMatch(/^[A-Z].*\.$/);
    for (const { value, labels: values = {} } of await read()) {
      expect(Object.keys(values)).toEqual(labels);
      const which = Object.entries(values).map((entry) => entry.join('='));
      lines.set(`${name.replace('parley_gateway_', '')}{${which.join(',')}} ${type}`, value);
    }
  }
  return lines;
}
const some = async (traffic: Traffic, hubs?: readonly Pick<Hub, 'sessions' | 'held'>[]) =>
  Object.fromEntries([...(await told(traffic, hubs))].filter(([, value]) => value !== 0));

describe('what a gateway tells of itself', () => {
  it('is there, and nothing, before anything went over it', async () => {
    const lines = await told(new Traffic());
    expect([...lines.values()].every((value) => value === 0)).toBe(true);
    const names = [...lines.keys()].map((line) => line.replace(/\{.*\}/, ''));
    expect([...new Set(names)]).toEqual([
      ...['frames_total counter', 'commands_total counter', 'acknowledgements_total counter'],
      ...['resumed_rooms_total counter', 'deliveries_total counter', 'sent_bytes_total counter'],
      ...['received_bytes_total counter', 'sockets gauge', 'opened_sockets_total counter'],
      ...['closed_sockets_total counter', 'waiting_frames gauge', 'waiting_bytes gauge', 'people gauge', 'rooms gauge'],
    ]);
  });

  it('is what became of frames, by their endpoint; of what is no event they know, together', async () => {
    const traffic = new Traffic();
    traffic.expect(ROOM_CHAT, ['message']);
    traffic.countsOf(ROOM_CHAT, 'message').accepted += 2;
    traffic.expect(ROOM_CHAT, ['message', 'typing']);
    traffic.countsOf(DIRECT_CHAT, 'message').refused += 3;
    traffic.countsOf(DIRECT_CHAT, null).failed += 4;
    traffic.countsOf(DIRECT_CHAT, 'other').refused += 1;
    expect(await some(traffic)).toEqual({
      'frames_total{endpoint=room,event=message,outcome=accepted} counter': 2,
      'frames_total{endpoint=direct,event=other,outcome=refused} counter': 4,
      'frames_total{endpoint=direct,event=other,outcome=failed} counter': 4,
    });
    expect([UNAVAILABLE, UNKNOWN, INTERNAL, tooMany(1)].map(outcomeOf)).toEqual([
      ...['unavailable', 'unknown', 'failed', 'refused'],
    ]);
  });

  it('is what became of commands, with how long they took where that is measured', async () => {
    const took: number[] = [];
    const metrics = { histogram: () => (seconds: number) => took.push(seconds) };
    const traffic = trafficOf(metrics as never);
    traffic.commanded('decided', 250);
    traffic.commanded('not_stored', 1_000);
    trafficOf(undefined).commanded('decided', 1);
    expect(took).toEqual([0.25, 1]);
    expect(await some(traffic)).toEqual({
      'commands_total{outcome=decided} counter': 1,
      'commands_total{outcome=not_stored} counter': 1,
    });
  });

  it('is what was let in and ended, by why, and what was told and answered', async () => {
    const traffic = new Traffic();
    for (const endpoint of [ROOM_CHAT, ROOM_CHAT, DIRECT_CHAT]) traffic.hasOpened(endpoint);
    for (const { code } of [CLOSE.slowReader, CLOSE.slowReader, { code: 1_002 }]) traffic.hasClosed(code);
    for (const code of [1_000, 1_005, NO_GOODBYE]) traffic.hasGone(code);
    Object.assign(traffic, { acks: 1, nacks: 2, deliveries: 3, sentBytes: 4, receivedBytes: 5 });
    traffic.resumed.recovered++;
    expect(await some(traffic)).toEqual({
      'opened_sockets_total{endpoint=room} counter': 2,
      'opened_sockets_total{endpoint=direct} counter': 1,
      'closed_sockets_total{reason=slow_reader} counter': 2,
      'closed_sockets_total{reason=protocol} counter': 1,
      'closed_sockets_total{reason=client} counter': 2,
      'closed_sockets_total{reason=broken} counter': 1,
      'acknowledgements_total{kind=ack} counter': 1,
      'acknowledgements_total{kind=nack} counter': 2,
      'deliveries_total{} counter': 3,
      'sent_bytes_total{} counter': 4,
      'received_bytes_total{} counter': 5,
      'resumed_rooms_total{outcome=recovered} counter': 1,
    });
  });

  it('is what stands at this moment, of all gateways of the process together', async () => {
    const waits = { frames: 2, bytes: 10 };
    const one = {
      sessions: new Set([session({ waiting: waits }), session({ endpoint: ROOM_CHAT, waiting: waits })]),
      held: { people: 2, rooms: 1 },
    };
    const other = {
      sessions: new Set([session({}), session({ isOpen: false, waiting: waits })]),
      held: { people: 1, rooms: 3 },
    };
    expect(await some(new Traffic(), [one, other] as never)).toEqual({
      'sockets{endpoint=direct} gauge': 2,
      'sockets{endpoint=room} gauge': 1,
      'waiting_frames{} gauge': 6,
      'waiting_bytes{} gauge': 30,
      'people{} gauge': 3,
      'rooms{} gauge': 4,
    });
  });
});
