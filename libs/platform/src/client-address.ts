import type { IncomingMessage } from 'node:http';
// Its index would load the framework before the framework is there as a whole.
import { normalizeIp } from '@nestjs/throttler/dist/ip.js';
import proxyAddr from 'proxy-addr';

/**
 * Says who is counted as one where no user is known: the address that a request comes from, behind proxies that are
 * trusted the one that they say; of IPv6 the network of 64 bits, all of which one has.
 */
export function clientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return (request) => normalizeIp(proxyAddr(request, isTrusted));
}
