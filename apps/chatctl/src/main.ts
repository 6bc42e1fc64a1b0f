import { parseArgs } from 'node:util';
import { ConfigError } from '#platform';
import { token } from './token.js';
import { UsageError } from './usage.js';

const USAGE = `chatctl: the command line of Parley

  chatctl token --user ID [--name NAME] [--clan ID] [--scope service] [--ttl 1h]
      prints a token for development, signed with JWT_SECRET, or with the secret that \`npm start\` keeps in PARLEY_DATA
`;

function run(args: string[]): string {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || command === '--help') return USAGE.trimEnd();
  if (command !== 'token') throw new UsageError(`there is no command ${command}`);
  const options = {
    user: { type: 'string' },
    name: { type: 'string' },
    clan: { type: 'string' },
    scope: { type: 'string' },
    ttl: { type: 'string', default: '1h' },
  } as const;
  let values;
  try {
    values = parseArgs({ args: rest, options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.user === undefined) throw new UsageError('--user is missing: whose token it is');
  return token(values.user, values, process.env);
}

try {
  console.log(run(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
  console.error(`chatctl: ${error.message}\n\n${error instanceof UsageError ? USAGE : ''}`.trimEnd());
  process.exitCode = 2;
}
