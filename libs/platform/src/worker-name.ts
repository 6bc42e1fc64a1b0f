import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * What a worker is called in heartbeats and checkpoints: host, process, and a random number for each life. Containers
 * on the host's network have one host name and a process 1 each, and workers of one name would fence each other off.
 */
export const workerName = (): string =>
  `${hostname().replace(/\W/g, '-')}-${process.pid}-${randomBytes(3).toString('hex')}`;
