import { listOf, network, origin, row, serving, wholeNumber } from './setting.js';

/** Who may ask over HTTP, and how often. */
export const httpRows = {
  ALLOWED_ORIGINS: row({
    type: 'origins, with commas',
    default: '',
    roles: serving,
    meaning:
      'The web origins whose pages may open sockets and read answers over HTTP; empty: any. Clients that send none ' +
      'always may.',
    read: listOf(origin),
  }),
  HTTP_REQUESTS_PER_SECOND: row({
    type: 'requests a second, 1–10000',
    default: '20',
    roles: serving,
    meaning:
      'How many HTTP requests a user may make of one process, or an address without a valid token, in the long run. ' +
      'Service tokens are not limited.',
    read: wholeNumber(1, 10_000),
  }),
  HTTP_REQUESTS_BURST: row({
    type: 'requests, 1–100000',
    default: '100',
    roles: serving,
    meaning: 'How many of them at once.',
    read: wholeNumber(1, 100_000),
  }),
  TRUSTED_PROXIES: row({
    type: 'addresses or networks, with commas',
    default: '',
    roles: serving,
    meaning:
      'The proxies whose X-Forwarded-For is believed, so that requests are counted by the address they come from: ' +
      '10.0.0.0/8, or loopback, linklocal, uniquelocal for such ones.',
    read: listOf(network),
  }),
};
