import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { clanRoom, GLOBAL_ROOM, type MessageCreated, type RecordedEvent, userRoom } from '#domain';
import { decodeRecord, type EventLog, type LogOptions } from '../src/index.js';
import { all, LogUnderTest, message, nextKey } from './log-under-test.js';
import { OwnServer } from './own-server.js';

export const masterKey = randomBytes(32);
export const encryption = { masterKeys: [masterKey], seals: true };
export const context = () => ({ key: nextKey(), at: new Date().toISOString() });

export const by = (userId: string, content: string, room = GLOBAL_ROOM): MessageCreated => ({
  ...message(room, content),
  sender: { id: userId, name: `name of ${userId}`, avatar: '{"color":"blue"}' },
});
export const renamed = (userId: string, name: string) => {
  const { key, at } = context();
  return {
    type: 'ProfileChanged',
    room: userRoom(userId),
    id: `profile.${key}`,
    at,
    userId,
    name,
    avatar: null,
  } as const;
};

/** Where texts are put that were sealed elsewhere. */
export const STOLEN = clanRoom('thieves');

/** A server of its own, and a log there whose texts are sealed. */
export let server: OwnServer;
export let test: LogUnderTest;
export let log: EventLog;
/** The log over another connection. */
export const another = (options: Partial<LogOptions> = {}) => test.open({ encryption, ...options });
/** All but what is in the room of thieves. */
export const eventsOf = async (from: EventLog): Promise<RecordedEvent[]> =>
  (await all(from.read())).filter(({ room }) => room !== STOLEN).map(decodeRecord);
/** What they said, and by which name. */
export const saidBy = async (from: EventLog, userId: string) =>
  (await eventsOf(from)).flatMap((event) =>
    event.type === 'MessageCreated' && event.sender.id === userId ? [[event.content, event.sender.name]] : [],
  );
/** Everything that the server has written, byte by byte. */
export const onDisk = (text: string): boolean =>
  readdirSync(server.data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text));
export const storedKey = (userId: string) =>
  test.jetstream(({ streams }) =>
    streams.getMessage(`${test.options.stream}_KEYS`, { last_by_subj: `${test.options.prefix}.key.${userId}` }),
  );

/** The suite that calls this has them from its beginning to its end. */
export function seal(): void {
  beforeAll(async () => {
    server = await OwnServer.start();
    test = await LogUnderTest.create(server.url);
    log = await another();
  });
  afterAll(async () => {
    await test.closeAll();
    await server.remove();
  });
}
