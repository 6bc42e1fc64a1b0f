import { isText, MAX_ID_LENGTH } from '#domain';
import { isTokenId, LATEST_TIME_S, MAX_TOKEN_ID_LENGTH } from '#platform';
import { type Command, readOptions } from '../command.js';
import { reachably, withServers } from '../servers.js';
import { UsageError } from '../usage.js';

const OPTIONS = { user: { type: 'string' }, jti: { type: 'string' }, exp: { type: 'string' } } as const;

/** `chatctl revoke`: takes back all tokens of a person that were issued up to now, or one token. */
export const revokeCommand: Command = async (args, { env, out }) => {
  const { user, jti, exp } = readOptions(args, OPTIONS).values;
  if ((user === undefined) === (jti === undefined))
    throw new UsageError('revoke is followed by --user ID or --jti JTI');
  if (user !== undefined && exp !== undefined) throw new UsageError('--exp is of one token: give it with --jti');
  if (user !== undefined && (!isText(user, MAX_ID_LENGTH) || user === '')) {
    throw new UsageError(`--user must have 1 to ${MAX_ID_LENGTH} characters`);
  }
  if (jti !== undefined && !isTokenId(jti)) {
    throw new UsageError(`--jti must have 1 to ${MAX_TOKEN_ID_LENGTH} characters`);
  }
  const until = exp === undefined ? undefined : timeOf(exp);
  return withServers(env, ({ log: { revocations } }) =>
    reachably(async () => {
      if (user !== undefined) {
        await revocations.revokePerson(user);
        out.write(`the tokens of ${JSON.stringify(user)} that were issued up to now are revoked\n`);
      } else {
        await revocations.revokeToken(jti!, until);
        out.write(`the token ${JSON.stringify(jti)} is revoked\n`);
      }
      return 0;
    }),
  );
};

/** In milliseconds. */
function timeOf(exp: string): number {
  const seconds = /^\d{1,13}$/.test(exp) ? Number(exp) : Infinity;
  if (seconds > LATEST_TIME_S) throw new UsageError('--exp must be the exp of the token: whole seconds since 1970');
  return seconds * 1_000;
}
