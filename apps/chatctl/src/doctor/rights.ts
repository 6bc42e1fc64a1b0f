import type { EventLog, RoleName } from '#event-store';
import { RetryableError } from '#domain';
import { Findings } from './finding.js';

const ROLES: readonly RoleName[] = ['gateway', 'projector', 'query', 'chatctl'];

/** As the compose file names them. */
const variableOf = (role: RoleName): string => `NATS_${role.toUpperCase()}_PASSWORD`;

/** What each role may and may not do at NATS, tried as that role, where its password is known here. */
export async function checkRights(
  { inspection }: Pick<EventLog, 'inspection'>,
  env: NodeJS.ProcessEnv,
): Promise<Findings> {
  const findings = new Findings('rights');
  if (!inspection.server.asksForLogin) {
    return findings.warn(
      'NATS lets in anybody without a password, who may then read and write everything',
      'start it with deploy/nats/nats-server.conf, unless only this machine reaches it',
    );
  }
  const unknown: RoleName[] = [];
  for (const role of ROLES) {
    const password = env[variableOf(role)];
    if (password === undefined || password === '') {
      unknown.push(role);
      continue;
    }
    try {
      const { tried, missing, excess, unknown: unanswered } = await inspection.rights(role, password);
      const todo = 'compare its user with deploy/nats/nats-server.conf of this release';
      if (missing.length > 0) findings.fail(`${role} may not ${missing.join(', ')}`, todo);
      if (excess.length > 0) findings.fail(`${role} may ${excess.join(', ')}, and should not`, todo);
      if (unanswered.length > 0) {
        findings.warn(
          `whether ${role} may ${unanswered.join(', ')} is not known: no answer came`,
          'ask again once NATS answers',
        );
      }
      if (missing.length + excess.length + unanswered.length === 0)
        findings.ok(`${role}: ${tried} rights are as they should be`);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      findings.fail(`${role} is not let in: ${error.message}`, `see that ${variableOf(role)} is its password`);
    }
  }
  if (unknown.length > 0) {
    findings.warn(
      `what ${unknown.join(', ')} may do is not known here`,
      `set ${unknown.map(variableOf).join(', ')} for this command, as .env has them`,
    );
  }
  return findings;
}
