import type { ClockReading } from '#event-store';
import { Findings } from './finding.js';

/** What is shown to people, and when a token ends, goes by them. */
const WARN_MS = 1_000;
const FAIL_MS = 10_000;

/** A process that serves HTTP: whether it is ready, and where its clock stands. */
export interface RoleReading {
  readonly url: string;
  readonly clock: ClockReading | null;
  /** Null where it is ready. */
  readonly failing: string | null;
}

/** HTTP tells whole seconds. */
const DATE_MS = 1_000;

export async function readRole(url: string): Promise<RoleReading> {
  const [before, from] = [performance.now(), Date.now()];
  try {
    const answer = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(5_000) });
    const took = performance.now() - before;
    const date = answer.headers.get('date');
    const clock =
      date === null
        ? null
        : { aheadMs: Date.parse(date) + DATE_MS / 2 - (from + took / 2), withinMs: took / 2 + DATE_MS / 2 };
    return { url, clock, failing: answer.ok ? null : `${answer.status} ${(await answer.text()).slice(0, 300)}` };
  } catch (error) {
    return { url, clock: null, failing: (error as Error).message };
  }
}

/** Of all whose clocks are known, each beside ours. */
export function checkClocks(clocks: ReadonlyMap<string, ClockReading>): Findings {
  const findings = new Findings('clocks');
  for (const [name, { aheadMs, withinMs }] of clocks) {
    const apart = Math.max(0, Math.abs(aheadMs) - withinMs);
    const says = `${name} is ${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine`;
    const todo = 'set both clocks by NTP: tokens, mutes and what is shown of times go by them';
    if (apart > FAIL_MS) findings.fail(says, todo);
    else if (apart > WARN_MS) findings.warn(says, todo);
  }
  return findings.okUnless(`${[...clocks.keys()].join(', ')} agree with this machine within ${WARN_MS / 1_000} s`);
}

export function checkRoles(roles: readonly RoleReading[]): Findings {
  const findings = new Findings('roles');
  for (const { url, failing } of roles) {
    if (failing !== null) findings.fail(`${url} is not ready: ${failing}`, 'see its log, and what it says here');
  }
  return roles.length === 0
    ? findings.warn(
        'which processes there are is not known here',
        'give them: --roles http://gateway-1:8080,http://query:8080',
      )
    : findings.okUnless(`${roles.length} are ready`);
}
