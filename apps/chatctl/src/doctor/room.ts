import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { EventLog, StorageRoom } from '#event-store';
import { Findings } from './finding.js';
import type { Monitored } from './monitor.js';

const DAY_MS = 86_400_000;
const WINDOWS_MS = [DAY_MS, DAY_MS / 24, DAY_MS / 24 / 12];

/** Of what there is. */
const WARN_PART = 0.8;
const FAIL_PART = 0.95;
const WARN_DAYS = 30;
const FAIL_DAYS = 7;

/** How many bytes the log grows by in a day, as it did lately; null where it is too young to tell. @throws LogUnavailable */
export async function growth(log: Pick<EventLog, 'state' | 'lastSeq'>): Promise<number | null> {
  const { messages, bytes, lastSeq, at } = await log.state();
  for (const window of WINDOWS_MS) {
    const then = await log.lastSeq({}, at - window);
    if (then > 0) return ((lastSeq - then) * (bytes / Math.max(1, messages)) * DAY_MS) / window;
  }
  return null;
}

/** What the servers tell of their disks, beside the bounds of the log. */
export async function disksOf(servers: readonly (Monitored | string)[]): Promise<StorageRoom[]> {
  const rooms: StorageRoom[] = [];
  for (const server of servers) {
    if (typeof server === 'string') continue;
    if (server.maxStorage > 0) {
      rooms.push({
        name: `JetStream at ${server.url} (max_file_store)`,
        used: server.storage,
        limit: server.maxStorage,
      });
    }
    // Where it runs on this machine.
    if (server.folder !== '' && existsSync(server.folder)) {
      const { blocks, bavail, bsize } = await statfs(server.folder);
      rooms.push({ name: `the disk of ${server.folder}`, used: (blocks - bavail) * bsize, limit: blocks * bsize });
    }
  }
  return rooms;
}

/** @param perDay bytes that the log grows by; null where that is not known */
export function checkRoom(rooms: readonly StorageRoom[], perDay: number | null): Findings {
  const findings = new Findings('room');
  for (const { name, used, limit } of rooms) {
    const days = perDay === null || perDay === 0 ? Infinity : (limit - used) / perDay;
    const part = used / limit;
    const rate = perDay === null ? 'how fast it grows is not known yet' : `full in ${daysOf(days)}`;
    const says = `${name}: ${gb(used)} of ${gb(limit)} are used, ${rate}`;
    const todo = 'raise the limit, or make room: a log that is full refuses every message';
    if (part > FAIL_PART || days < FAIL_DAYS) findings.fail(says, todo);
    else if (part > WARN_PART || days < WARN_DAYS) findings.warn(says, todo);
    else findings.ok(says);
  }
  if (rooms.length === 0) {
    findings.warn(
      `no limit of what NATS stores is known here${perDay === null ? '' : `; the log grows by ${gb(perDay)} a day`}`,
      'give its monitoring port (--monitor http://127.0.0.1:8222), and set max_file_store below the size of its disk',
    );
  }
  return findings;
}

const daysOf = (days: number): string => (days > 10_000 ? 'more than 10000 days' : `${Math.floor(days)} days`);

const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1)} GB`;
