import { NewerEvent, UnreadableEvent } from '#domain';
import { decodeRecord, type EventLog } from '#event-store';
import { Findings } from './finding.js';

/** What Parley is tried with, at least. */
const NATS = [2, 14] as const;
const MONGODB = [6, 0] as const;

/** So many events from the end on are looked at. */
const NEWEST = 1_000;

const isOlder = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [ours = 0, part = 0] = version.split('.').map(Number);
  return ours < major || (ours === major && part < minor);
};

/** @param mongodb null where there is none */
export function checkVersions(nats: string, mongodb: string | null): Findings {
  const findings = new Findings('versions');
  if (isOlder(nats, NATS)) findings.warn(`nats-server ${nats} is older than ${NATS.join('.')}`, 'upgrade it');
  if (mongodb !== null && isOlder(mongodb, MONGODB)) {
    findings.warn(`MongoDB ${mongodb} is older than ${MONGODB.join('.')}`, 'upgrade it');
  }
  return findings.okUnless(
    `Node ${process.versions.node}, nats-server ${nats}${mongodb === null ? '' : `, MongoDB ${mongodb}`}`,
  );
}

/** Whether this release reads what is written now: a newer one may be at work. @throws LogUnavailable */
export async function checkEvents(log: EventLog): Promise<Findings> {
  const findings = new Findings('events');
  const { lastSeq } = await log.state();
  const [newer, broken] = [new Set<string>(), new Set<string>()];
  let count = 0;
  if (lastSeq > 0) {
    for await (const records of log.readAllowed({ from: Math.max(1, lastSeq - NEWEST + 1) })) {
      for (const record of records) {
        count++;
        try {
          decodeRecord(record);
        } catch (error) {
          if (!(error instanceof UnreadableEvent)) throw error;
          (error instanceof NewerEvent ? newer : broken).add(`${record.type} version ${record.version}`);
        }
      }
    }
  }
  for (const type of newer) {
    findings.fail(
      `this release cannot read ${type}, which is among the newest ${count} events`,
      'upgrade the projectors and the query side first: docs/operations.md, Upgrading',
    );
  }
  for (const type of broken) {
    findings.fail(
      `${type}, among the newest ${count} events, is not what such an event must be`,
      'see who writes to NATS beside the roles: docs/operations.md, Dead letters',
    );
  }
  return findings.okUnless(`this release reads the newest ${count}`);
}
