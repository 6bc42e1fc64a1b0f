import type { Duplex } from 'node:stream';
import type { Moderates } from '#domain';
import type { CheckedToken } from '#platform';
import type { Config } from '#settings';
import type { Allowance } from '../commands/allowance.js';
import type { CommandBarrier } from '../commands/command-barrier.js';
import type { Person } from '../feeds/person.js';
import type { Traffic } from '../traffic.js';
import type { Closings } from './closings.js';
import type { Endpoint } from './endpoint.js';
import type { SessionSocket } from './session-socket.js';
import type { TokenBuckets } from './token-bucket.js';

/** What a connection is made of. */
export interface SessionParts {
  readonly endpoint: Endpoint;
  readonly person: Person;
  readonly moderates: Moderates;
  /** When the token ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  readonly token: CheckedToken;
  readonly socket: Duplex;
  readonly ws: SessionSocket;
}

/** What all connections of a gateway have in common. */
export interface SharedParts {
  readonly limits: Config['limits'];
  /** How many frames each person may send, over all their connections. */
  readonly frames: TokenBuckets;
  readonly barrier: CommandBarrier;
  readonly allowance: Pick<Allowance, 'spend'>;
  /** Whether a token was revoked. */
  readonly isRevoked: (token: CheckedToken) => boolean;
  readonly newKey: () => string;
  readonly closings: Closings;
  readonly traffic: Traffic;
}
