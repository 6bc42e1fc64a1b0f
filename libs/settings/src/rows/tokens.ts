import { anyText, publicKeyPem, row, secret, serving, wholeNumber } from './setting.js';

/** How tokens are verified. */
export const tokenRows = {
  JWT_SECRET: row({
    type: 'text, 32 bytes or more',
    default: null,
    roles: [...serving, 'chatctl'],
    meaning: 'Verifies HS256 tokens. Either this or JWT_PUBLIC_KEY. The standalone makes one for development.',
    exact: true,
    read: secret,
  }),
  JWT_PUBLIC_KEY: row({
    type: 'PEM',
    default: null,
    roles: serving,
    meaning: 'Verifies RS256 and PS256 tokens (RSA, 2048 bits or more) or ES256 ones (EC on P-256).',
    read: publicKeyPem,
  }),
  JWT_USER_CLAIM: row({
    type: 'name',
    default: null,
    roles: serving,
    meaning: "The claim that holds the user's id; without it the first present of player_id, user_id, sub.",
    read: anyText,
  }),
  JWT_ISSUER: row({
    type: 'text',
    default: null,
    roles: serving,
    meaning: 'The `iss` that a token must have.',
    read: anyText,
  }),
  JWT_AUDIENCE: row({
    type: 'text',
    default: null,
    roles: serving,
    meaning: 'The `aud` that a token must have.',
    read: anyText,
  }),
  JWT_LEEWAY_S: row({
    type: 'seconds, 0–60',
    default: '0',
    roles: serving,
    meaning: 'How far clocks may be apart: a token is valid that much earlier and longer.',
    read: wholeNumber(0, 60),
  }),
  TOKEN_MAX_AGE_S: row({
    type: 'seconds, 1–3153600000',
    default: '2592000',
    roles: ['query', 'standalone', 'chatctl'],
    meaning: 'The longest life that a token is given: for so long it is remembered that tokens were revoked.',
    read: wholeNumber(1, 3_153_600_000),
  }),
};
