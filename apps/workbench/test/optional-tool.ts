import { spawnSync } from 'node:child_process';
import { it } from '@jest/globals';

/**
 * For tests by a tool that need not be there: without it they are skipped, and it is said which, or they fail where
 * `REQUIRE_<TOOL>=1` says that it must be.
 */
export function itWith(command: string, ...args: readonly string[]): typeof it | typeof it.skip {
  const required = `REQUIRE_${command.toUpperCase().replaceAll('-', '_')}`;
  if (spawnSync(command, args).status === 0 || process.env[required] === '1') return it;
  console.warn(`There is no ${command}: what it would check is not checked. ${required}=1 makes that a failure.`);
  return it.skip;
}
