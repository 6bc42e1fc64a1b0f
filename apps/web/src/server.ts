import { claimsOf } from '@parley/client';
import type { Person } from './people.js';

/** Where the page came from is where the chat is. */
export const SERVER = location.origin;

/** Whether the server gives out tokens by itself, as one does that was started for development. */
export async function isForDevelopment(): Promise<boolean> {
  return (await fetch('/development')).ok;
}

/** A token of anybody's, for development. */
export async function developmentToken({ id, name, clan }: Person): Promise<string> {
  return tokenFrom('token', { userId: Number(id), name, ...(clan !== null && { clanId: clan }) });
}

/** The token of a surrounding application, for development. */
export const developmentServiceToken = (): Promise<string> => tokenFrom('service-token', {});

async function tokenFrom(path: string, wanted: object): Promise<string> {
  const answer = await fetch(`/development/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wanted),
  });
  if (!answer.ok) throw new Error(`the server gave no token: ${answer.status}`);
  return ((await answer.json()) as { readonly token: string }).token;
}

/** Whether it is the token of a surrounding application, as it says, unchecked. */
export const isServiceToken = (token: string): boolean => claimsOf(token)['scope'] === 'service';

/** Whose token it is, as it says, unchecked: only the server can do that. null where it is none. */
export function personOf(token: string): Person | null {
  const { player_id, user_id, sub, name, clan_id: clan } = claimsOf(token);
  const id = player_id ?? user_id ?? sub;
  if (!isIdentifier(id)) return null;
  return {
    id: String(id),
    name: typeof name === 'string' ? name : String(id),
    clan: isIdentifier(clan) ? String(clan) : null,
  };
}

const isIdentifier = (claim: unknown): claim is string | number =>
  typeof claim === 'string' || typeof claim === 'number';
