/** The claims of a JWT, unchecked: only the server can do that. Empty for what is none. */
export function claimsOf(token: string): Record<string, unknown> {
  try {
    const base64 = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Whose token it is: the first of the claims that the server looks at by default. */
export function userIdOf(token: string): string | null {
  const { player_id, user_id, sub } = claimsOf(token);
  const id = player_id ?? user_id ?? sub;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null;
}

/**
 * Milliseconds until a token should be replaced: a tenth of its life before its end, 5 s at least and a minute at most.
 * Infinity for one that does not say.
 */
export function renewIn(token: string, now: number): number {
  const { exp, iat } = claimsOf(token);
  if (typeof exp !== 'number') return Infinity;
  const left = exp * 1_000 - now;
  const life = typeof iat === 'number' ? (exp - iat) * 1_000 : left;
  return Math.max(0, left - Math.min(60_000, Math.max(5_000, life / 10)));
}
