import type { Clock } from '../../src/index.js';

/** What the schedule says: a number at a time, zeros at its end. 0 is always the harmless choice. */
export class Choices {
  private at = 0;

  constructor(private readonly numbers: ArrayLike<number>) {}

  get exhausted(): boolean {
    return this.at >= this.numbers.length;
  }

  /** 0 … `bound` - 1. */
  below(bound: number): number {
    return (this.numbers[this.at++] ?? 0) % bound;
  }
}

export type Answer = 'answered' | 'failed before' | 'failed after';

/**
 * A request of a process that a server has not carried out, or not answered: a step that the schedule takes. A process
 * that crashes leaves its requests behind: they may still be carried out, and nobody hears of it.
 */
export interface Step {
  readonly process: Process;
  readonly ready: () => boolean;
  /** Carries it out and answers, or fails. */
  readonly take: (answer: Answer) => void;
  /** Whether it is a request to a server, which may fail, and may be carried out after the death of who asked. */
  readonly remote: boolean;
}

interface Timer {
  readonly process: Process;
  readonly due: number;
  readonly f: () => void;
}

export type ProcessState = 'running' | 'frozen' | 'dead';

/** A process: its requests and its timers go on only while it runs. */
export class Process implements Clock {
  state: ProcessState = 'running';
  /** Whether it reaches the log. */
  connected = true;
  /** How often the connection to the log was lost: what was asked before that is not answered any more. */
  losses = 0;

  constructor(
    readonly name: string,
    private readonly machine: Machine,
  ) {}

  now(): number {
    return this.machine.now;
  }

  date(): Date {
    return new Date(this.machine.now);
  }

  after(ms: number, f: () => void): () => void {
    const timer: Timer = { process: this, due: this.machine.now + ms, f };
    this.machine.timers.add(timer);
    return () => this.machine.timers.delete(timer);
  }

  /**
   * A request: carried out by `work` at a step of the schedule, answered at the same step, or, where the process is
   * frozen then, once it has been woken; `unanswered` where no answer comes.
   */
  request<T>(work: () => T, unanswered: Error, reaches: () => boolean = () => true): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let outcome: { value: T } | { error: Error } | null = null;
      const step: Step = {
        process: this,
        remote: true,
        ready: () => this.state === 'running' || !outcome,
        take: (answer) => {
          const unreachable = !reaches();
          if (!outcome) {
            const value = unreachable || answer === 'failed before' ? null : { value: work() };
            outcome = value && answer === 'answered' ? value : { error: unanswered };
          }
          if (this.state === 'frozen') return;
          this.machine.steps.delete(step);
          if (this.state === 'dead') return;
          if (unreachable || 'error' in outcome) reject(unanswered);
          else resolve(outcome.value);
        },
      };
      this.machine.steps.add(step);
    });
  }

  /** Something that comes to the process by itself, while it runs, once it is `ready`. */
  arrival<T>(take: () => T, ready: () => boolean = () => true): Promise<T> {
    return new Promise<T>((resolve) => {
      const step: Step = {
        process: this,
        remote: false,
        ready: () => this.state === 'running' && ready(),
        take: () => {
          this.machine.steps.delete(step);
          resolve(take());
        },
      };
      this.machine.steps.add(step);
    });
  }
}

/** All processes of one simulation, and the time. */
export class Machine {
  now = 1_000_000;
  readonly steps = new Set<Step>();
  readonly timers = new Set<Timer>();
  readonly processes: Process[] = [];

  start(name: string): Process {
    const process = new Process(name, this);
    this.processes.push(process);
    return process;
  }

  /** Nothing that it awaits comes any more. */
  crash(process: Process): void {
    process.state = 'dead';
    for (const timer of this.timers) if (timer.process === process) this.timers.delete(timer);
    for (const step of this.steps) if (step.process === process && !step.remote) this.steps.delete(step);
  }

  ready(): Step[] {
    const ready: Step[] = [];
    for (const step of this.steps) if (step.ready()) ready.push(step);
    return ready;
  }

  /** Lets the time come at which the next timer of a running process is due, and fires it; false where there is none. */
  fire(): boolean {
    let next: Timer | null = null;
    for (const timer of this.timers) {
      if (timer.process.state === 'running' && (!next || timer.due < next.due)) next = timer;
    }
    if (!next) return false;
    this.timers.delete(next);
    this.now = Math.max(this.now, next.due);
    next.f();
    return true;
  }
}
