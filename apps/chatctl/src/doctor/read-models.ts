import type { EventLog } from '#event-store';
import { lagsAt, placesOf, type Projection } from '#projections';
import { checkpointsOf, type ReadModels, versionName } from '#read-models';
import { allProjections } from '#operations';
import { Findings } from './finding.js';

/** Far behind. */
const FAR_EVENTS = 10_000;
const FAR_SECONDS = 60;

/** Whether what is folded is of this log, and how far it is. @throws LogUnavailable, ReadModelsUnavailable */
export async function checkCheckpoints(log: EventLog, readModels: ReadModels): Promise<Findings> {
  const findings = new Findings('checkpoints');
  const [{ lastSeq, at }, restoredAt] = [await log.state(), await log.restoredAt()];
  for (const projection of allProjections) {
    const { name, format } = projection;
    const versions = await readModels.versions.read(name);
    if (!versions) continue;
    const { number } = versions.serving;
    const version = versionName(name, number);
    if (versions.serving.format !== format) {
      findings.fail(
        `${version} has format ${versions.serving.format}, and this release folds format ${format}`,
        `run \`chatctl rebuild ${name}\` of the release that is to serve it`,
      );
      continue;
    }
    if (number < restoredAt) {
      findings.fail(
        `${version} is of the log before it was restored from a backup`,
        'start a projector: it folds another',
      );
      continue;
    }
    const wrong = await notOfThisLog(log, readModels, projection, number, lastSeq);
    if (wrong.length > 0) {
      findings.fail(
        `${version}: ${wrong.join('; ')}`,
        'the log has lost its tail, or these read models are of another log: docs/operations.md, Backup and restore',
      );
      continue;
    }
    await checkLag(log, readModels, projection, number, at, findings);
  }
  return findings.okUnless('nobody has run a projection yet');
}

async function notOfThisLog(
  log: EventLog,
  readModels: ReadModels,
  { name }: Projection<unknown>,
  number: number,
  lastSeq: number,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [partition, checkpoint] of (await checkpointsOf(readModels.checkpoints, name, number)).entries()) {
    const { seq = 0, eventId = '' } = checkpoint ?? {};
    if (seq > lastSeq) wrong.push(`partition ${partition} is at ${seq}, ahead of the log, which ends at ${lastSeq}`);
    else if (seq > 0) {
      for await (const [record] of log.readAllowed({ from: seq, until: seq })) {
        if (record && record.id !== eventId)
          wrong.push(`partition ${partition} is at another event ${seq} than the log`);
      }
    }
  }
  return wrong;
}

async function checkLag(
  log: EventLog,
  readModels: ReadModels,
  projection: Projection<unknown>,
  number: number,
  now: number,
  findings: Findings,
): Promise<void> {
  const version = versionName(projection.name, number);
  const lags = await lagsAt(
    await placesOf(projection, number, readModels, await log.consumers()),
    projection,
    log,
    now,
  );
  const events = lags.reduce((sum, { lagEvents }) => sum + lagEvents, 0);
  const seconds = Math.max(...lags.map(({ lagSeconds }) => lagSeconds));
  const workers = await log.workers.of(version);
  const says = `${version} is ${events} events and ${seconds.toFixed(0)} s behind, with ${workers.length} at work on it`;
  if (workers.length === 0) {
    findings.fail(says, `start a projector that has ${projection.name} among its PROJECTIONS`);
  } else if (events > FAR_EVENTS || seconds > FAR_SECONDS) {
    findings.warn(
      says,
      'see `chatctl status --watch`; start more projectors, or find what holds them up in their logs',
    );
  } else findings.ok(says);
}

/** @throws LogUnavailable */
export async function checkLetters({ letters }: EventLog): Promise<Findings> {
  const findings = new Findings('letters');
  const counts = new Map<string, number>();
  for (const { projection } of await letters.places()) counts.set(projection, (counts.get(projection) ?? 0) + 1);
  for (const [name, count] of counts) {
    findings.warn(
      `${count} dead letters of ${name}${name === 'inmail' ? '' : ': as many rooms may lack an event'}`,
      name === 'inmail' ? '`chatctl webhook resend`' : `\`chatctl dead-letters list\`, then \`refold ${name}\``,
    );
  }
  return findings.okUnless('no dead letters');
}
