import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isPortFree } from './network.js';
import { identify, isAlive, pidOf, terminate, type ProcessIdentity } from './process-identity.js';
import { ServerRecordFile } from './server-record.js';

export type Log = (line: string) => void;

/** A server of our own, running on 127.0.0.1. */
export interface RunningServer {
  url: string;
  /** Where it came from, to be shown: `nats-server 2.15.1 from the cache`. */
  taken: string;
  pid: number;
  /** SIGTERM, after four seconds SIGKILL. Nothing of it is left when this is done; the data is. */
  stop(): Promise<void>;
}

/** One kind of server and the directory that it serves. */
export interface ServerKind {
  /** Names its files in `dataDir`: `<name>.pid` and `<name>.log`. */
  name: string;
  dataDir: string;
  /** The port to listen on; any free one if not given or 0. */
  port?: number | undefined;
  url(port: number): string;
  /** Whether a server of this kind, ready for clients, listens on the port. */
  answers(port: number): Promise<boolean>;
}

export interface ServerCommand {
  file: string;
  args: string[];
  env?: Record<string, string>;
}

const START_TIMEOUT_MS = 60_000;

/**
 * The server that serves `dataDir` since an earlier process of ours ended without stopping it, by a kill -9 for
 * instance. One that does not answer, or not on the port asked for, is ended. An error if its owner still lives.
 */
export async function findServer(kind: ServerKind): Promise<RunningServer | null> {
  const file = new ServerRecordFile(kind.dataDir, kind.name);
  const record = file.readLeftBehind();
  if (!record) return null;
  const { server, port, taken } = record;
  if (server !== undefined && port !== undefined && isAlive(server)) {
    if ((!kind.port || kind.port === port) && (await kind.answers(port))) {
      file.write({ server, port, taken });
      return runningServer(kind, file, server, port, `${taken}, running since last time`);
    }
    await terminate(server);
  }
  file.remove();
  return null;
}

/** Ends the server that an earlier process of ours left running in `dataDir`, if any. */
export async function endServer(dataDir: string, name: string): Promise<void> {
  const file = new ServerRecordFile(dataDir, name);
  const record = file.readLeftBehind();
  if (record?.server !== undefined) await terminate(record.server);
  file.remove();
}

/**
 * Starts a server and waits until it answers. It runs in a session of its own: a Ctrl-C reaches this process only,
 * which stops its servers when it no longer needs them. Called after `findServer` has found none.
 */
export async function startServer(
  kind: ServerKind,
  taken: string,
  command: (port: number) => ServerCommand,
): Promise<RunningServer> {
  if (kind.port && !(await isPortFree(kind.port))) {
    throw new Error(`${kind.name}: port ${kind.port} of 127.0.0.1 is in use; choose another one or end its user`);
  }
  const file = new ServerRecordFile(kind.dataDir, kind.name);
  file.claim(taken);
  try {
    // A free port may be taken by somebody else before the server has it.
    for (let attempt = 1; ; attempt++) {
      const port = kind.port || (await freePort());
      try {
        const server = await startOnce(kind, file, taken, port, command(port));
        return runningServer(kind, file, server, port, taken);
      } catch (error) {
        if (kind.port || attempt === 3 || (await isPortFree(port))) throw error;
      }
    }
  } catch (error) {
    file.remove();
    throw error;
  }
}

async function startOnce(
  kind: ServerKind,
  file: ServerRecordFile,
  taken: string,
  port: number,
  command: ServerCommand,
): Promise<ProcessIdentity> {
  const logPath = join(kind.dataDir, `${kind.name}.log`);
  const child = spawnDetached(command, logPath);
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  child.once('exit', (code, signal) => (failure = new Error(`it ended at once (${signal ?? `status ${code}`})`)));
  const server = child.pid === undefined ? undefined : identify(child.pid);
  if (server !== undefined) file.write({ server, port, taken });

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!failure && !(server !== undefined && (await kind.answers(port)))) {
    if (Date.now() > deadline) failure = new Error(`it did not answer within ${START_TIMEOUT_MS / 1000} s`);
    await sleep(25);
  }
  if (failure || server === undefined) {
    if (server !== undefined) await terminate(server);
    throw new Error(`${taken} could not be started: ${failure?.message ?? ''}\n${lastLines(logPath)}`);
  }
  child.removeAllListeners();
  return server;
}

function spawnDetached({ file, args, env }: ServerCommand, logPath: string): ChildProcess {
  const log = openSync(logPath, 'w');
  try {
    const child = spawn(file, args, {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

function runningServer(
  kind: ServerKind,
  file: ServerRecordFile,
  server: ProcessIdentity,
  port: number,
  taken: string,
): RunningServer {
  return {
    url: kind.url(port),
    taken,
    pid: pidOf(server),
    stop: async () => {
      await terminate(server);
      if (file.read()?.server === server) file.remove();
    },
  };
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-10).join('\n');
}
