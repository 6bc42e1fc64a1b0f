import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { type Room, roomIds, roomKind } from '#domain';
import { decodeRecord, type EventLog } from '#event-store';
import type { Timeline } from '#projections';
import type { ReadModels } from '#read-models';
import { inReadModels } from '../../../chatctl/src/erase/traces.js';
import { chatctl, type ServersOf } from '../apart/chatctl.js';
import type { Evidence, Listed, LoggedEvent, Shown, StoredChat, StoredMessage, Verified } from './evidence.js';

// What there is at the end: in the log, in the read models and over HTTP.

export async function eventsOf(log: Pick<EventLog, 'read'>): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for await (const record of log.read()) {
    const { keyId: sealedWith } = record;
    // What a release to come wrote is read as what it is today: it is one of this here that says so.
    const version = record.type === 'MessageCreated' ? Math.min(record.version, 2) : record.version;
    events.push({ ...decodeRecord({ ...record, version }), ...(sealedWith !== undefined && { sealedWith }) });
  }
  return events;
}

export async function messagesOf(timeline: Timeline, room: Room): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for (let after = 0; ;) {
    const page = await timeline.pageAfter(room, { after, limit: 1_000 });
    for (const { n, messageId: id, content: text, deleted, ...rest } of page) {
      const { sender, hiddenFrom = null, reactions } = rest;
      const isDeleted = deleted === true;
      all.push({ n, id, text, isDeleted, senderName: sender.name, hiddenFrom, reactions });
    }
    if (page.length < 1_000) return all;
    after = page.at(-1)!.n;
  }
}

/** A stored message as somebody is shown it. */
export const shownTo = (userId: string, { n, id, text, isDeleted, hiddenFrom }: StoredMessage): Shown =>
  hiddenFrom === userId ? { n, id, text: '', isDeleted: true } : { n, id, text, isDeleted };

export async function chatsOf(timeline: Timeline, rooms: readonly Room[]): Promise<StoredChat[]> {
  const chats: StoredChat[] = [];
  for (const room of rooms.filter((each) => roomKind(each) === 'direct')) {
    for (const userId of roomIds(room)) {
      const entry = await timeline.entry(userId, room);
      if (entry) chats.push({ room, userId, unread: entry.unread, isBlocked: entry.blocked ?? false });
    }
  }
  return chats;
}

/** Somebody who reads their rooms over HTTP. */
interface Reader {
  readonly userId: string;
  readonly rooms: readonly Room[];
  readonly read: (room: Room) => Promise<Shown[]>;
}

/** The histories over HTTP: of a room by one of its people, of a direct chat by both. */
export async function listedFor(people: readonly Reader[]): Promise<Listed[]> {
  const listed: Listed[] = [];
  const done = new Set<Room>();
  for (const person of people) {
    for (const room of person.rooms) {
      const isDirect = roomKind(room) === 'direct';
      if (done.has(room)) continue;
      if (!isDirect) done.add(room);
      listed.push({ room, userId: isDirect ? person.userId : null, messages: await person.read(room) });
    }
  }
  return listed;
}

interface VerifyReport {
  readonly projections: readonly {
    readonly projection: string;
    readonly documents: number;
    readonly differences: number;
    readonly first: readonly {
      readonly kind: string;
      readonly collection: string;
      readonly id: string;
      readonly detail: string;
    }[];
  }[];
}

export async function verifiedOn(servers: ServersOf): Promise<Verified[]> {
  const { out } = await chatctl(servers, 'verify', '--json');
  const { projections } = JSON.parse(out) as VerifyReport;
  return projections.map(({ projection, documents, differences, first }) => ({
    projection,
    documents,
    differences: [
      ...first.map(({ kind, collection, id, detail }) => `${kind} ${collection} ${id}: ${detail}`),
      ...(differences > first.length ? [`${differences - first.length} more differences`] : []),
    ],
  }));
}

export async function tracesOf(readModels: ReadModels, texts: readonly string[]): Promise<string[]> {
  return (await inReadModels(readModels, texts)).map(({ place, text }) => `${place}: ${text}`);
}

/** For whoever looks into a violation. */
export async function keep(evidence: Evidence, folder: string): Promise<void> {
  const { histories, rooms, ...rest } = evidence;
  const files: [string, Iterable<unknown>][] = [
    ['histories', histories.map(({ listed, ...history }) => ({ ...history, listed: [...listed] }))],
    ['rooms', rooms],
    ...Object.entries(rest),
  ];
  for (const [name, lines] of files) {
    const file = createWriteStream(join(folder, `${name}.ndjson`));
    for (const line of lines) file.write(`${JSON.stringify(line)}\n`);
    file.end();
    await finished(file);
  }
}
