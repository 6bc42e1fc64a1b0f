import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DomainEvent } from '#domain';
import { EventLog } from '#event-store';
import { progressBar } from '#settings';
import { type ServersApartOptions, startServersApart } from '../../apart/servers-apart.js';
import { Conversation } from './conversation.js';
import { logOf } from './ground.js';

/** How many events are under way to the log at a time. */
const AT_ONCE = 512;

export interface FilledLog {
  /** What NATS has stored; nothing serves it. */
  readonly natsData: string;
  readonly conversation: Conversation;
}

/** A log of so many events of a conversation, from last time where that was the same. */
export async function filledLog(options: Omit<ServersApartOptions, 'fresh'>, count: number): Promise<FilledLog> {
  const natsData = join(options.folder, 'nats');
  const mark = join(options.folder, 'filled');
  const conversation = new Conversation();
  // All events follow from those before them, so the last one tells whether they are the same.
  let last: DomainEvent | null = null;
  for (const event of conversation.events(count)) last = event;
  const marked = JSON.stringify({ count, last });
  if (textIn(mark) === marked) return { natsData, conversation };
  const servers = await startServersApart({ ...options, fresh: true });
  try {
    const log = await EventLog.connect(logOf(servers));
    try {
      await log.setUp();
      await fillLog(log, new Conversation().events(count), count, AT_ONCE);
    } finally {
      await log.close();
    }
  } finally {
    await servers.close();
  }
  rmSync(join(options.folder, 'mongodb'), { recursive: true, force: true });
  writeFileSync(mark, marked);
  return { natsData, conversation };
}

/** Null where there is no such file. */
export function textIn(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** In their order: the log stores what one process sends in the order in which it is sent. @throws Error where some are lost */
export async function fillLog(
  log: EventLog,
  events: Iterable<DomainEvent> & Iterator<DomainEvent>,
  count: number,
  atOnce: number,
): Promise<void> {
  const bar = progressBar('Filling the log', process.stderr);
  let left = count;
  bar(left);
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const event of events) {
        await log.append(event);
        bar(--left);
      }
    }),
  );
  const { messages } = await log.state();
  if (messages !== count) throw new Error(`the log has ${messages} events where ${count} were appended`);
}
