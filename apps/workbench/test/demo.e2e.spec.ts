import { afterAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

// The demo that stays, to be looked at. The other one plays in the spec of the standalone.

const demo = 'dist/apps/workbench/src/demo/main.js';

describe('npm run demo -- --keep', () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'parley-demo-'));
  const folder = join(dataFolder, 'demo');
  let child: ChildProcess | undefined;
  afterAll(() => {
    child?.kill('SIGKILL');
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('goes on when everybody is done, is found by chatctl meanwhile, and leaves its data', async () => {
    const env = { ...process.env, PARLEY_DATA: dataFolder };
    child = spawn(process.execPath, [demo, '--keep'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    for await (const line of createInterface(child.stdout!)) {
      said += `${line}\n`;
      if (line.includes('npm start')) break;
    }
    expect(said).toContain('all equal');
    expect(said).toContain(`PARLEY_DATA=${folder} npx chatctl`);
    const { stdout } = await promisify(execFile)(process.execPath, ['apps/chatctl/chatctl.mjs', 'replay'], {
      env: { ...process.env, PARLEY_DATA: folder },
    });
    const events = stdout.trim().split('\n');
    const lines = events.map((line) => JSON.parse(line) as { type: string; content?: string | null });
    const messages = lines.filter(({ type }) => type === 'MessageCreated');
    expect(messages.length).toBeGreaterThan(300);
    // What it stored is sealed, and its key is found with it.
    expect(messages.every(({ content }) => typeof content === 'string')).toBe(true);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(existsSync(join(folder, 'nats'))).toBe(true);
    expect(existsSync(join(folder, 'running.json'))).toBe(false);
  }, 120_000);

  it('is not asked for together with --kill', async () => {
    const refused = promisify(execFile)(process.execPath, [demo, '--keep', '--kill']);
    await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('one of the two') });
  });
});
