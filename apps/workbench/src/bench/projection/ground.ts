import type { EventLog, LogOptions } from '#event-store';
import { Timeline, TIMELINE_FORMAT } from '#projections';
import { firstVersion, openMongodbReadModels, type ReadModels } from '#read-models';
import type { RoleProcess } from '../../apart/role-process.js';
import type { ServersApart } from '../../apart/servers-apart.js';
import type { PartProcess } from '../cpu-time.js';
import type { Conversation } from './conversation.js';

/** What all measurements stand on: the servers, the log on them, and what was said in it. */
export interface Ground {
  readonly servers: ServersApart;
  readonly log: EventLog;
  readonly conversation: Conversation;
  /** How many events the log has. */
  readonly events: number;
}

/** The log that the roles have by default. */
export const logOf = ({ nats }: Pick<ServersApart, 'nats'>): LogOptions => ({
  servers: nats.url,
  stream: 'EVENTS',
  prefix: 'chat',
  name: 'parley-bench',
});

/** One projector, in a process of its own, on version 1 of the timeline where the database is empty. */
export async function startProjector(servers: ServersApart, database: string): Promise<RoleProcess> {
  const first = firstVersion(TIMELINE_FORMAT, 1);
  await withReadModels(servers, database, ({ versions }) => versions.replace('timeline', first));
  return servers.start('projector', { PROJECTIONS: 'timeline', MONGODB_DATABASE: database });
}

export const partsOf = ({ nats, mongodb }: ServersApart, projectors: readonly RoleProcess[]): PartProcess[] => [
  ...projectors.map(({ pid }) => ({ part: 'projectors', pid })),
  { part: 'nats', pid: nats.pid },
  { part: 'database', pid: mongodb.pid },
];

export async function withReadModels<T>(
  { mongodb }: ServersApart,
  database: string,
  work: (readModels: ReadModels) => Promise<T>,
): Promise<T> {
  const readModels = await openMongodbReadModels({ url: mongodb.url, database });
  try {
    return await work(readModels);
  } finally {
    await readModels.close();
  }
}

/**
 * Looks whether each room has as many messages and changes as were said, in a version of the timeline.
 * @throws Error where one has not
 */
export async function checkRooms({ conversation }: Ground, readModels: ReadModels, version: number): Promise<void> {
  const timeline = new Timeline(readModels.projection('timeline', version));
  for (const [room, { n, rev }] of conversation.positions) {
    const found = await timeline.position(room);
    if (found.n === n && found.rev === rev) continue;
    throw new Error(
      `${room} has ${found.n} messages and ${found.rev} changes in the documents, ${n} and ${rev} in the log`,
    );
  }
}
