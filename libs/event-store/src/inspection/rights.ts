import { errors, headers } from '@nats-io/transport-node';
import { GLOBAL_ROOM } from '#domain';
import { Connection, type ServerOptions } from '../connection.js';
import { keyStream } from '../keys/key-store.js';
import { revocationStream } from '../revocations.js';
import { deadLetterStream } from '../stream.js';
import type { Subjects } from '../subjects.js';
import { workerStream } from '../workers.js';

export type RoleName = 'gateway' | 'projector' | 'query' | 'chatctl';

/** What was found of a role, a subject each. */
export interface RightsFound {
  readonly tried: number;
  /** What it should and may not. */
  readonly missing: readonly string[];
  /** What it may and should not. */
  readonly excess: readonly string[];
  /** What nobody said of whether it may: no answer came, and no refusal. */
  readonly unknown: readonly string[];
}

const LIMIT_MS = 2_000;
/** Stored by nobody, as no stream is called so: where somebody may send it, it is refused. */
const NOWHERE = 'parley-doctor-stores-nothing';

/** A question whose answer changes nothing, whoever may ask it. */
interface Probe {
  readonly subject: string;
  /** Something that is none, so that it is refused for it. */
  readonly body?: string;
}

interface Rights {
  readonly may: readonly Probe[];
  readonly mayNot: readonly Probe[];
}

/** Rooms of which there is none are not needed: the subject is what is asked. */
function rightsOf(role: RoleName, stream: string, subjects: Subjects): Rights {
  const event = (...kinds: string[]): Probe[] => kinds.map((kind) => ({ subject: subjects.event(GLOBAL_ROOM, kind) }));
  // What is no JSON is refused; of an information, and of a list, there is nothing to change.
  const api = (what: string, of: string, body = '{'): Probe => ({ subject: `$JS.API.${what}.${of}`, body });
  const info = (...of: string[]): Probe[] => of.map((name) => api('STREAM.INFO', name, ''));
  const read = (...of: string[]): Probe[] => of.map((name) => api('STREAM.MSG.GET', name));
  const [dead, keys, revoked] = [deadLetterStream(stream), keyStream(stream), revocationStream(stream)];
  const key: Probe = { subject: subjects.keyOf('doctor') };
  const revoke: Probe = { subject: subjects.personRevoked('doctor') };
  const trial: Probe = { subject: subjects.trial };
  const deleteKey = api('STREAM.MSG.DELETE', keys);
  const letter = (of: string): Probe => ({ subject: subjects.deadLetter(of, 0, 1) });
  // A deletion with a body is refused.
  const change = [api('STREAM.DELETE', stream, 'x'), api('STREAM.UPDATE', stream), api('STREAM.MSG.DELETE', stream)];
  const others = ['msg', 'react', 'seen', 'chat', 'block'];
  switch (role) {
    case 'gateway':
      return {
        may: [
          ...event(...others, 'edit', 'member', 'profile', 'sanction', 'mode'),
          ...[...read(stream, keys, revoked), ...info(stream), key, trial, letter('inmail')],
        ],
        mayNot: [...event('erase'), revoke, deleteKey, ...change, api('CONSUMER.CREATE', `${stream}.doctor`)],
      };
    case 'projector':
      return {
        may: [
          ...event('erase'),
          ...info(stream, dead, keys, revoked, workerStream(stream)),
          ...[...read(stream, keys), deleteKey, letter('timeline')],
          ...[api('CONSUMER.NAMES', stream, ''), api('CONSUMER.CREATE', `${stream}.doctor`)],
        ],
        mayNot: [...event(...others), key, revoke, ...change],
      };
    case 'query':
      return {
        may: [
          ...event('member', 'profile', 'sanction', 'mode', 'edit', 'erase'),
          ...[...read(stream, keys, revoked), ...info(stream, dead), key, revoke, trial, deleteKey],
          api('CONSUMER.LIST', stream, ''),
        ],
        mayNot: [...event(...others), letter('timeline'), ...change],
      };
    case 'chatctl':
      return {
        may: [
          ...event('erase'),
          ...[...info(stream, dead, keys, revoked), ...read(stream, dead, keys, revoked), key, revoke, deleteKey],
          ...[stream, dead, keys, revoked].map((name) => api('STREAM.SNAPSHOT', name)),
          ...[api('CONSUMER.LIST', stream, ''), api('CONSUMER.CREATE', `${stream}.doctor`)],
        ],
        mayNot: [...event(...others), ...change],
      };
  }
}

/** Tries what a role may and may not, as that role. @throws LogUnavailable where it is not let in */
export async function tryRights(
  login: ServerOptions,
  role: RoleName,
  stream: string,
  subjects: Subjects,
): Promise<RightsFound> {
  const connection = await Connection.open(login);
  try {
    const { may, mayNot } = rightsOf(role, stream, subjects);
    const [missing, excess, unknown]: [string[], string[], string[]] = [[], [], []];
    const look = async (probe: Probe, wrong: boolean, found: string[]): Promise<void> => {
      const allowed = await isAllowed(connection, probe);
      if (allowed === null) unknown.push(probe.subject);
      else if (allowed === wrong) found.push(probe.subject);
    };
    for (const probe of may) await look(probe, false, missing);
    for (const probe of mayNot) await look(probe, true, excess);
    // What is answered to others, and what is stored.
    for (const subject of ['_INBOX.>', subjects.allEvents]) {
      if (await mayHear(connection, subject)) excess.push(`hear ${subject}`);
    }
    return { tried: may.length + mayNot.length + 2, missing, excess, unknown };
  } finally {
    await connection.close();
  }
}

/** Null where that is not known. */
async function isAllowed({ nats }: Connection, { subject, body }: Probe): Promise<boolean | null> {
  const sent = headers();
  if (body === undefined) sent.set('Nats-Expected-Stream', NOWHERE);
  const options = { timeout: LIMIT_MS, ...(body === undefined && { headers: sent }) };
  try {
    await nats.request(subject, body ?? '', options);
    return true;
  } catch (error) {
    if (error instanceof errors.TimeoutError) return null;
    return !/permissions violation/i.test((error as Error).message);
  }
}

async function mayHear({ nats }: Connection, subject: string): Promise<boolean> {
  let isRefused = false;
  const heard = nats.subscribe(subject, {
    callback: (error) => {
      if (error) isRefused = true;
    },
  });
  // The refusal comes before the answer to this.
  await nats.flush();
  await new Promise((resolve) => setImmediate(resolve));
  heard.unsubscribe();
  return !isRefused;
}
