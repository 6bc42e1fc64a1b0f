import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { mainOf } from './role-process.js';

/** The servers that a system runs on. */
export interface ServersOf {
  readonly nats: string;
  readonly mongodb: string;
  /** Where the master key of the log is. */
  readonly keysFile: string;
  /** Another checkout, installed and built, whose chatctl it is; this one's by default. */
  readonly checkout?: string | undefined;
}

/** Runs chatctl on these servers; what it says beside its output goes where this process says it. */
export async function chatctl(
  { nats, mongodb, keysFile, checkout }: ServersOf,
  ...args: readonly string[]
): Promise<{ readonly status: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [mainOf('chatctl', checkout), ...args], {
    env: { ...process.env, NATS_URL: nats, MONGODB_URL: mongodb, KEYS_MASTER_FILE: keysFile },
    stdio: ['ignore', 'pipe', 2],
  });
  const [out, [status]] = await Promise.all([text(child.stdout!), once(child, 'close') as Promise<[number | null]>]);
  return { status, out };
}
