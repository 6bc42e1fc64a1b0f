import { availableParallelism, cpus, release } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  readonly nats: string;
  readonly database: string;
}

export function machineOf({
  nats,
  mongodb,
}: Readonly<Record<'nats' | 'mongodb', { readonly taken: string }>>): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    nats: nats.taken,
    database: mongodb.taken,
  };
}

export const machineLine = ({ cpu, cores, system, node, nats, database }: Machine): string =>
  `${cores} cores of ${cpu}, ${system}, Node ${node}; ${nats}; ${database}`;
