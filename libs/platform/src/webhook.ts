import { createHmac } from 'node:crypto';

/** Milliseconds. */
const REQUEST_TIME = 5_000;

export interface Webhook {
  readonly url: string;
  /** What is sent is signed with it; without one it is not signed. */
  readonly secret?: string | undefined;
}

/** The webhook did not say that it took what it was sent: the message says what it did instead. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure';
}

/** `t=<seconds since 1970>,v1=<hex of HMAC-SHA256>`, the latter over the seconds, a dot, and the body as it is sent. */
export function signatureOf(body: string, secret: string, seconds = Math.floor(Date.now() / 1_000)): string {
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}

/**
 * POSTs something as JSON. A redirect is never followed: it would take what people write to an address that nobody here
 * has chosen.
 * @param key the same however often the same is sent
 * @returns the status, which is one of success
 * @throws WebhookFailure within 5 s
 */
export async function postToWebhook(
  { url, secret }: Webhook,
  key: string,
  content: object,
  signal?: AbortSignal,
): Promise<number> {
  const body = JSON.stringify(content);
  const timeout = AbortSignal.timeout(REQUEST_TIME);
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': key,
    ...(secret !== undefined && { 'parley-signature': signatureOf(body, secret) }),
  };
  const response = await fetch(url, {
    ...{ method: 'POST', headers, body, redirect: 'manual' },
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((error: unknown) => {
    throw new WebhookFailure(timeout.aborted ? `no answer within ${REQUEST_TIME / 1_000} s` : reasonOf(error));
  });
  // What it says more is not read; a connection that breaks over it changes nothing.
  await response.body?.cancel().catch(() => undefined);
  if (response.ok) return response.status;
  const isRedirect = response.status >= 300 && response.status < 400;
  const advice = isRedirect ? ', a redirect, which is not followed: set INMAIL_WEBHOOK_URL to where it leads' : '';
  throw new WebhookFailure(`it answered ${response.status}${advice}`);
}

/** What went wrong at a connection stands in the cause of what fetch throws. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  return cause ? `${message}: ${cause.message || cause.code}` : message;
}
