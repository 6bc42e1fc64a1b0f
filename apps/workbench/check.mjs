// Types, lint, format, the rule of imports, and the size of what a browser loads: one after the other, up to the first that finds something.
import { spawnSync } from 'node:child_process';

const commands = [
  // The workbench uses the client as it is published.
  ...['tsc -p libs/client/tsconfig.build.json', 'tsc --noEmit', 'tsc -p libs/client', 'eslint .'],
  ...['prettier --check --log-level warn .', 'depcruise apps libs', 'node libs/client/size.mjs'],
];
for (const command of commands) {
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
