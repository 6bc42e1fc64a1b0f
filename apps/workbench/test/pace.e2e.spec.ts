import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signDevelopmentToken } from '#platform';
import { MONGODB_URL, SystemUnderTest, until } from '../../chatctl/test/system-under-test.js';
import { ChatClient } from '../../gateway/test/chat-client.js';
import { freePort } from '../../standalone/src/servers/network.js';
import { RoleProcess } from '../src/apart/role-process.js';

const JWT_SECRET = 'a secret for tests, 32 bytes long';
const PACE_MS = 100;
const MESSAGES = 10;

/** Says so many messages, each once the one before is heard. @returns how long that took, in ms */
async function talk(client: ChatClient): Promise<number> {
  const told = (content: string) => client.frames.some(({ message }) => message?.['content'] === content);
  const beganAt = performance.now();
  for (let i = 0; i < MESSAGES; i++) {
    client.send('globalMessage', { content: `message ${i}` });
    await until('it is told', () => told(`message ${i}`));
  }
  return performance.now() - beganAt;
}

(MONGODB_URL === undefined ? describe.skip : describe)('roles with a pace of their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-pace-'));
  let system: SystemUnderTest;
  const roles: RoleProcess[] = [];

  beforeAll(async () => {
    system = await SystemUnderTest.create();
  });
  afterAll(async () => {
    await Promise.all(roles.map((role) => role.kill()));
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['gateway', 'stores', { gateway: PACE_MS, projector: 0 }],
    ['projector', 'folds and tells', { gateway: 0, projector: PACE_MS }],
  ] as const)('a %s %s at most so often', async (slow, _, paces) => {
    const env = { ...system.env, JWT_SECRET } as Record<string, string>;
    const start = async (name: 'gateway' | 'projector'): Promise<RoleProcess> => {
      const own = { ...env, PACE_MS: String(paces[name]) };
      const log = join(folder, `${slow}-${name}.log`);
      const role = new RoleProcess(name, await freePort(), own, log, `dist/apps/${name}/src/main.js`);
      roles.push(role);
      await role.start();
      return role;
    };
    await start('projector');
    const gateway = await start('gateway');
    const token = signDevelopmentToken(JWT_SECRET, { userId: 1, name: 'Ada', seconds: 600 });
    const url = `${gateway.http.replace(/^http/, 'ws')}/ws/chat?userId=1&token=${token}`;
    expect(await talk(await ChatClient.connect(url))).toBeGreaterThan((MESSAGES - 1) * PACE_MS);
    await Promise.all(roles.splice(0).map((role) => role.kill()));
  });
});
