import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogOptions } from '#event-store';
import { masterKeysIn } from './rows/encryption.js';

/** How to reach the system that runs on a data folder, for what is run beside it on the same machine. */
export interface Running {
  readonly pid: number;
  /** Base addresses, `ws://host:port`, of the gateways. */
  readonly gateways: readonly string[];
  /** Base address of the HTTP side, `http://host:port`. */
  readonly http: string;
  readonly nats: {
    readonly servers: string;
    readonly stream: string;
    readonly prefix: string;
    /** Where the master key is that was made for it; not there where none was. */
    readonly keysFile?: string;
  };
  /** The URL of the MongoDB that holds the read models; null where they are in the memory of that system. */
  readonly mongodb: string | null;
}

/**
 * How to connect to its log, but for the name; not with what only its own environment says.
 * @param seals whether what is stored from now on is sealed, where there is a key
 */
export function logOf({ nats: { keysFile, ...nats } }: Pick<Running, 'nats'>, seals = true): Omit<LogOptions, 'name'> {
  if (keysFile === undefined) return nats;
  return { ...nats, encryption: { masterKeys: masterKeysIn(keysFile), seals } };
}

const fileIn = (dataFolder: string): string => join(dataFolder, 'running.json');

export function sayRunning(dataFolder: string, running: Running): void {
  // With servers and a key of the user's own, nothing else has made the folder.
  mkdirSync(dataFolder, { recursive: true });
  // A URL may hold a password.
  writeFileSync(fileIn(dataFolder), JSON.stringify(running, null, 2), { mode: 0o600 });
}

export function sayStopped(dataFolder: string): void {
  rmSync(fileIn(dataFolder), { force: true });
}

/** The system that runs on this data folder, or null where none does. */
export function findRunning(dataFolder: string): Running | null {
  try {
    const running = JSON.parse(readFileSync(fileIn(dataFolder), 'utf8')) as Running;
    process.kill(running.pid, 0);
    return running;
  } catch {
    return null;
  }
}
