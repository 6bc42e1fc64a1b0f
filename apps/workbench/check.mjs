// Types, lint, format, and the rule of imports: one after the other, up to the first that finds something.
import { spawnSync } from 'node:child_process';

for (const command of ['tsc --noEmit', 'eslint .', 'prettier --check --log-level warn .', 'depcruise apps libs']) {
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
