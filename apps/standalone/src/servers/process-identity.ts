import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Names a process for good, for use in files that outlive it: its number together with its start time,
 * as numbers are used again. Safe as a part of a file name.
 */
export type ProcessIdentity = string;

/** The identity of a running process; undefined when there is none of that number, or only its remains. */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = startTime(pid);
  return started === undefined ? undefined : `${pid}-${started.replace(/\W+/g, '.')}`;
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(pidOf(identity)) === identity;
}

export function pidOf(identity: ProcessIdentity): number {
  return Number.parseInt(identity, 10);
}

/** Ends a process: SIGTERM and, when it is still there after `graceMs`, SIGKILL. Never one of another identity. */
export async function terminate(identity: ProcessIdentity, graceMs = 4000): Promise<void> {
  signal(identity, 'SIGTERM');
  if (await isGoneWithin(identity, graceMs)) return;
  signal(identity, 'SIGKILL');
  await isGoneWithin(identity, 1000);
}

async function isGoneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isAlive(identity)) {
    if (Date.now() >= deadline) return false;
    await sleep(25);
  }
  return true;
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(pidOf(identity), name);
  } catch {
    // It ended meanwhile.
  }
}

function startTime(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return linuxStartTime(pid);
    const [file, args] = process.platform === 'win32' ? windowsQuery(pid) : posixQuery(pid);
    const output = execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 5000 });
    return output.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** In ticks since the machine started. A zombie counts as ended: it waits for its parent only. */
function linuxStartTime(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the command, may contain anything but ends at the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === 'Z' || state === 'X' ? undefined : startTicks;
}

function posixQuery(pid: number): [string, string[]] {
  return ['ps', ['-o', 'lstart=', '-p', String(pid)]];
}

function windowsQuery(pid: number): [string, string[]] {
  return ['powershell', ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.Ticks`]];
}
