import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { decodeEvent, eventDefinitions, partitionOf, type Room } from '#domain';
import { EventLog } from '#event-store';
import { eventsPage, storedExample } from '../src/events-page.js';

const FIXTURES = 'libs/domain/test/fixtures';
const servers = process.env['TEST_NATS_URL'] ?? '';

describe('docs/events.md', () => {
  it('is what the schemas say: else run `npm run docs`', () => {
    expect(readFileSync('docs/events.md', 'utf8')).toBe(eventsPage(FIXTURES));
  });

  it('shows the events as they are stored', async () => {
    const stream = `PAGE_${randomUUID().slice(0, 8)}`;
    const log = await EventLog.connect({ servers, stream, prefix: stream, name: 'events page' });
    await log.setUp();
    const nats = await connect({ servers });
    const { streams } = await jetstreamManager(nats);
    for (const definition of eventDefinitions) {
      const { subject, headers, body } = storedExample(definition, FIXTURES);
      const room = subject.split('.')[3] as Room;
      const { type, version } = definition;
      const { seq, ...event } = decodeEvent({ type, version, room, body }, 0);
      expect(seq).toBe(0);
      await log.append(event);
      const stored = (await streams.getMessage(stream, { last_by_subj: subject.replace('chat', stream) }))!;
      expect([...stored.header].map(([name, values]) => [name, ...values])).toEqual(headers);
      expect(stored.string()).toBe(body);
      expect(Number(subject.split('.')[2])).toBe(partitionOf(room));
    }
    await streams.delete(stream);
    await Promise.all([log.close(), nats.close()]);
  });
});
