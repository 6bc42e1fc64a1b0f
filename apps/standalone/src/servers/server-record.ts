import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive, pidOf, type ProcessIdentity } from './process-identity.js';

/** What is kept in a server's pid file, `<dataDir>/<name>.pid`. */
export interface ServerRecord {
  /** Absent while the server is being started. */
  server?: ProcessIdentity;
  port?: number;
  taken: string;
  /** The process that started the server and will stop it. */
  owner: ProcessIdentity;
}

/** The pid file of one server. It exists while somebody has the data directory in use. */
export class ServerRecordFile {
  private readonly path: string;

  constructor(
    private readonly dataDir: string,
    private readonly name: string,
  ) {
    this.path = join(dataDir, `${name}.pid`);
  }

  /**
   * Takes the data directory for this process. Of two that start at once, one gets an error here, and no two
   * servers ever write to one directory.
   */
  claim(taken: string): void {
    mkdirSync(this.dataDir, { recursive: true });
    try {
      writeFileSync(this.path, JSON.stringify({ taken, owner: self() } satisfies ServerRecord), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw this.inUse();
      throw error;
    }
  }

  /** Written beside and renamed, so that a reader never sees half of it. */
  write(server: { server: ProcessIdentity; port: number; taken: string }): void {
    const temporary = `${this.path}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify({ ...server, owner: self() } satisfies ServerRecord));
    renameSync(temporary, this.path);
  }

  read(): ServerRecord | undefined {
    try {
      return JSON.parse(readFileSync(this.path, 'utf8')) as ServerRecord;
    } catch {
      return undefined;
    }
  }

  /** The record that a process left which is no more. An error if its owner is another one that lives. */
  readLeftBehind(): ServerRecord | undefined {
    const record = this.read();
    if (record && record.owner !== self() && isAlive(record.owner)) throw this.inUse(pidOf(record.owner));
    return record;
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  private inUse(pid?: number): Error {
    const by = pid === undefined ? 'another process' : `process ${pid}`;
    return new Error(`${this.name}: the data folder ${this.dataDir} is in use by ${by}; stop that one first`);
  }
}

function self(): ProcessIdentity {
  return identify(process.pid) ?? String(process.pid);
}
