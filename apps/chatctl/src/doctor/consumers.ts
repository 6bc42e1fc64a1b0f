import type { EventLog } from '#event-store';
import { consumersPrefix } from '#projections';
import { IN_MAIL } from '#protocol';
import { type ReadModels, versionName } from '#read-models';
import { allProjections } from '#operations';
import { Findings } from './finding.js';

/** How many messages may wait for the webhook. */
const FAR = 1_000;

/** Those of versions that there are not, and those that nobody here makes. @throws LogUnavailable, ReadModelsUnavailable */
export async function checkConsumers(log: EventLog, readModels: ReadModels | null): Promise<Findings> {
  const findings = new Findings('consumers');
  const kept: string[] = [];
  for (const { name } of allProjections) {
    const versions = await readModels?.versions.read(name);
    const [serving, building] = [versions?.serving, versions?.building];
    for (const version of [serving, building])
      if (version) kept.push(consumersPrefix(versionName(name, version.number)));
  }
  const found = await log.inspection.consumers();
  const isOfProjection = (name: string) => allProjections.some((one) => new RegExp(`^${one.name}-\\d+-`).test(name));
  const stray = found.filter(({ name, isTemporary }) => {
    if (name === IN_MAIL || kept.some((prefix) => name.startsWith(prefix))) return false;
    return isOfProjection(name) ? readModels !== null : !isTemporary;
  });
  if (stray.length > 0) {
    findings.warn(
      `nobody owns ${stray.map(({ name }) => name).join(', ')}`,
      'those of projections go by themselves within 5 minutes; others: `nats consumer rm`, once you know whose they were',
    );
  }
  const inMail = found.find(({ name }) => name === IN_MAIL);
  if (inMail && inMail.pending > FAR) {
    findings.warn(
      `${inMail.pending} messages wait for the in-mail webhook`,
      'see that INMAIL_WEBHOOK_URL answers (`chatctl webhook test`); where it is to be told of none: `webhook remove`',
    );
  }
  return findings.okUnless(`${found.length}, each of somebody`);
}
