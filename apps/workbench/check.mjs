// Types, lint, format, the rule of imports, the size of what a browser loads and of the files here, and whether the events
// are still what they were: one after the other, up to the first that finds something.
import { spawnSync } from 'node:child_process';

const commands = [
  // The workbench uses the client as it is published.
  ...['tsc -p libs/client/tsconfig.build.json', 'tsc --noEmit', 'tsc -p libs/client', 'tsc -p apps/web', 'eslint .'],
  ...[
    'prettier --check --log-level warn .',
    'depcruise apps libs',
    'node libs/client/size.mjs',
    'node apps/web/size.mjs',
  ],
  'node apps/workbench/check-files.mjs',
  'node apps/workbench/check-schemas.mjs',
];
for (const command of commands) {
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
