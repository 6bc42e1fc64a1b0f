import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clanRoom, type DomainEvent, keySequence } from '#domain';
import { EventLog } from '#event-store';
import { startNats } from '../../../../standalone/src/servers/nats-server.js';
import { Conversation, type ConversationOptions } from '../projection/conversation.js';
import { fillLog, textIn } from '../projection/filled-log.js';

/** How many events are under way to the log at a time. */
const AT_ONCE = 2_048;

/** A room that everybody talks in. */
export const DEEP_ROOM = 'clan:deep';

export interface LogPlan {
  readonly events: number;
  /** How many of them are said in one room. */
  readonly inRoom: number;
  readonly sealed: boolean;
  /** What the rest is of. */
  readonly conversation?: ConversationOptions;
}

type Server = Awaited<ReturnType<typeof startNats>>;

/** A server with a log of these events on it, from last time where they were the same. */
export async function serveLog(
  folder: string,
  cacheDir: string,
  plan: LogPlan,
): Promise<{ readonly server: Server; readonly env: NodeJS.ProcessEnv }> {
  const [dataDir, mark, keyFile] = [join(folder, 'nats'), join(folder, 'filled'), join(folder, 'key')];
  const marked = JSON.stringify(plan);
  const isThere = textIn(mark) === marked;
  if (!isThere) rmSync(folder, { recursive: true, force: true });
  const say = (line: string) => {
    console.error(line);
  };
  const server = await startNats({ cacheDir, dataDir, log: say, durable: false });
  if (!isThere) writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  if (!isThere) await fill(server.url, plan, Buffer.from(textIn(keyFile)!, 'base64'));
  writeFileSync(mark, marked);
  const env = { NATS_URL: server.url, EVENT_STREAM: 'EVENTS', SUBJECT_PREFIX: 'chat', KEYS_MASTER_FILE: keyFile };
  return { server, env };
}

async function fill(servers: string, plan: LogPlan, key: Uint8Array): Promise<void> {
  const encryption = { masterKeys: [key], seals: plan.sealed };
  const log = await EventLog.connect({ servers, stream: 'EVENTS', prefix: 'chat', name: 'parley-bench', encryption });
  try {
    await log.setUp();
    await fillLog(log, eventsOf(plan), plan.events, AT_ONCE);
  } finally {
    await log.close();
  }
}

/** The room's own are spread over the whole. */
function* eventsOf({ events, inRoom, conversation: options }: LogPlan): Generator<DomainEvent, void> {
  const conversation = new Conversation(options);
  const rest = conversation.events(events - inRoom);
  const nextKey = keySequence(randomBytes(8));
  for (let i = 0; i < events; i++) {
    const isDeep = Math.floor(((i + 1) * inRoom) / events) > Math.floor((i * inRoom) / events);
    yield isDeep ? deepMessage(nextKey(), i) : rest.next().value!;
  }
}

function deepMessage(key: string, i: number): DomainEvent {
  const sender = { id: `deep-${i % 50}`, name: `Person ${i % 50}`, avatar: null };
  const at = new Date(Date.UTC(2026, 0, 1) + 10 * i).toISOString();
  return {
    ...{ type: 'MessageCreated', room: clanRoom('deep'), id: `msg.${key}`, at, messageId: key, sender },
    content: `the quick brown fox jumps over the lazy dog for the ${i}th time`,
  };
}
