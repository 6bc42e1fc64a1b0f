import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFilledText, isText, MAX_ID_LENGTH, MAX_NAME_LENGTH } from '#domain';
import { signDevelopmentToken } from '#platform';
import { type Config, loadConfig } from '#settings';
import { type Command, readOptions, secondsOf } from './command.js';
import { UsageError } from './usage.js';

export interface TokenOptions {
  readonly name?: string | undefined;
  readonly clan?: string | undefined;
  readonly scope?: string | undefined;
  readonly role?: string | undefined;
  readonly moderates?: string | undefined;
  /** A number and one of s, m, h, d. */
  readonly ttl: string;
}

/**
 * A token for development, of JWT_SECRET or of the secret that the standalone made.
 * @throws UsageError, ConfigError
 */
export function token(user: string, options: TokenOptions, env: NodeJS.ProcessEnv): string {
  const { name, clan, scope, role, moderates, ttl } = options;
  if (!isText(user, MAX_ID_LENGTH) || user === '')
    throw new UsageError(`--user must have 1 to ${MAX_ID_LENGTH} characters`);
  if (clan !== undefined && (!isText(clan, MAX_ID_LENGTH) || clan === '')) {
    throw new UsageError(`--clan must have 1 to ${MAX_ID_LENGTH} characters`);
  }
  if (name !== undefined && !isFilledText(name, MAX_NAME_LENGTH)) {
    throw new UsageError(`--name must have 1 to ${MAX_NAME_LENGTH} characters, not only white space`);
  }
  const seconds = secondsOf(ttl);
  if (seconds === null) throw new UsageError('--ttl must be like 90s, 15m, 1h or 7d');
  if (scope !== undefined && scope !== 'service') throw new UsageError('--scope can only be service');
  if (role !== undefined && role !== 'moderator') throw new UsageError('--role can only be moderator');
  if (moderates !== undefined && (moderates !== 'global' || role === undefined)) {
    throw new UsageError('--moderates can only be global, with --role moderator');
  }
  return signDevelopmentToken(secretOf(loadConfig(env, 'chatctl')), {
    userId: user,
    seconds,
    ...(name !== undefined && { name }),
    ...(clan !== undefined && { clanId: clan }),
    ...(scope !== undefined && { scope }),
    ...(role !== undefined && { role }),
    ...(moderates !== undefined && { moderates }),
  });
}

const OPTIONS = {
  user: { type: 'string' },
  name: { type: 'string' },
  clan: { type: 'string' },
  scope: { type: 'string' },
  role: { type: 'string' },
  moderates: { type: 'string' },
  ttl: { type: 'string', default: '1h' },
} as const;

/** `chatctl token`: prints one. */
export const tokenCommand: Command = (args, { env, out }) => {
  const { values } = readOptions(args, OPTIONS);
  if (values.user === undefined) throw new UsageError('--user is missing: whose token it is');
  out.write(`${token(values.user, values, env)}\n`);
  return Promise.resolve(0);
};

function secretOf(config: Config): string {
  if (config.tokens.secret !== undefined) return config.tokens.secret;
  const file = join(config.standalone.dataFolder, 'jwt-secret');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new UsageError(
    `there is no secret to sign with: set JWT_SECRET to the one the gateway has, or run \`npm start\` once, which makes one in ${file}`,
  );
}
