import { fullJitter, RETRY } from './reconnecting.js';
import { RequestFailed } from './refusal.js';

export interface HttpOptions {
  /** Where the HTTP side is, where it is not at the same address as the sockets. */
  readonly httpUrl?: string;
  /** By default the platform's. */
  readonly fetch?: typeof fetch;
}

/** So often it waits, one time after the other, where too much was asked. */
const WAITS = 5;

/** Reads a JSON answer; where too much was asked, after as long as the server says. @throws RequestFailed */
export async function getJson<T>(url: URL, token: string, fetcher: typeof fetch = fetch, waits = 0): Promise<T> {
  try {
    return (await (await request(url, token, {}, fetcher)).json()) as T;
  } catch (error) {
    const { status, retryInMs } = error as Partial<RequestFailed>;
    if (status !== 429 || waits === WAITS) throw error;
    await new Promise((resolve) => setTimeout(resolve, (retryInMs ?? 0) + fullJitter(RETRY, waits)));
    return getJson(url, token, fetcher, waits + 1);
  }
}

/** Asks with a token, and gives back an answer of success. @throws RequestFailed */
export async function request(
  url: URL,
  token: string,
  init: RequestInit,
  fetcher: typeof fetch = fetch,
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  const response = await fetcher(url, { ...init, headers });
  if (response.ok) return response;
  const { errors } = (await response.json().catch(() => ({}))) as { errors?: { message: string }[] };
  const after = response.headers.get('retry-after');
  const message = errors?.[0]?.message ?? `${url.pathname} answered ${response.status}`;
  throw new RequestFailed(response.status, message, after === null ? null : Number(after) * 1_000);
}

/** An address of the server's with another scheme and path. */
export function addressOf(base: string, scheme: 'ws' | 'http', path: string, query: Record<string, string> = {}): URL {
  const url = new URL(path, base);
  url.protocol = url.protocol.replace(/^(ws|http)/, scheme);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
