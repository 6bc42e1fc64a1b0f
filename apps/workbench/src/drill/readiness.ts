import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { RoleProcess } from '../apart/role-process.js';

const LOOK_MS = 100;
/** Longer than anything that is waited for. */
const GIVE_UP_S = 30;

const secondsSince = (beganAt: number): number => (performance.now() - beganAt) / 1_000;

/** How many seconds it takes until each role has said so; about half a minute at most. */
export function untilReadiness(roles: readonly RoleProcess[], ready: boolean): Promise<number[]> {
  const beganAt = performance.now();
  return Promise.all(
    roles.map(async (role) => {
      while ((await role.isReady(GIVE_UP_S * 1_000)) !== ready && secondsSince(beganAt) < GIVE_UP_S)
        await sleep(LOOK_MS);
      return secondsSince(beganAt);
    }),
  );
}

/** The answer to an upgrade, 101 where it is let in, and the seconds it took. */
export async function upgrade(gateway: RoleProcess, token: string): Promise<{ status: number; seconds: number }> {
  const beganAt = performance.now();
  const socket = new WebSocket(`${gateway.http.replace(/^http/, 'ws')}/ws/chat?token=${token}`);
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => {
      resolve(101);
    });
    socket.on('unexpected-response', (_, { statusCode = 0 }) => {
      resolve(statusCode);
    });
    socket.on('error', () => {
      resolve(0);
    });
  });
  socket.terminate();
  return { status, seconds: secondsSince(beganAt) };
}
