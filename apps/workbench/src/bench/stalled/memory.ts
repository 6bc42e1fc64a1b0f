import { readFileSync } from 'node:fs';

const EVERY_MS = 500;
const PAGE = 4_096;

/** What is held in bytes: by a process, and by the kernel for all TCP connections. */
export interface Memory {
  readonly process: number;
  readonly tcp: number;
}

/** What a process has in memory. @throws Error where it is not Linux */
export function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
  return Number(kilobytes) * 1_024;
}

const NONE: Memory = { process: 0, tcp: 0 };

/** The most that a process and the kernel's sockets have held since it began to look. Zeros where it is not Linux. */
export class MemoryWatch {
  #most = NONE;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly pid: number) {
    this.#timer = setInterval(() => {
      this.#look();
    }, EVERY_MS);
  }

  end(): Memory {
    clearInterval(this.#timer);
    this.#look();
    return this.#most;
  }

  #look(): void {
    if (process.platform !== 'linux') return;
    const pages = /TCP:.* mem (\d+)/.exec(readFileSync('/proc/net/sockstat', 'utf8'))?.[1] ?? 0;
    this.#most = {
      process: Math.max(this.#most.process, residentBytes(this.pid)),
      tcp: Math.max(this.#most.tcp, Number(pages) * PAGE),
    };
  }
}
