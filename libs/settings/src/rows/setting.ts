import { createPublicKey } from 'node:crypto';
import proxyAddr from 'proxy-addr';

// What one setting is: a row of the table in settings.ts, whose it is, and the ways to read its text.

export type Role = 'gateway' | 'projector' | 'query' | 'standalone' | 'chatctl';

export const every: readonly Role[] = ['gateway', 'projector', 'query', 'standalone'];
export const apart: readonly Role[] = ['gateway', 'projector', 'query'];
export const withData: readonly Role[] = [...every, 'chatctl'];
export const serving: readonly Role[] = ['gateway', 'query', 'standalone'];
export const sockets: readonly Role[] = ['gateway', 'standalone'];
export const folding: readonly Role[] = ['projector', 'standalone'];
export const local: readonly Role[] = ['standalone', 'chatctl'];

/** A row of the configuration table; `D` is `string` where there is a default and `null` where there is none. */
export interface Setting<T, D extends string | null = string | null> {
  /** What its text is, with the unit: `seconds, 0–60`. */
  readonly type: string;
  /** Text as it would stand in the environment; null for nothing. */
  readonly default: D;
  /** Where the default is another in the standalone, which is made for one's own machine. */
  readonly standaloneDefault?: D;
  readonly roles: readonly Role[];
  /** The roles that do not start without it. */
  readonly required?: readonly Role[];
  readonly meaning: string;
  /** Read as it stands; other texts are freed of white space around them. */
  readonly exact?: true;
  /** @throws Unfit saying what to do, without the value: it may be a secret */
  readonly read: (text: string) => T;
}

/** The text of a setting is not what it must be. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}

/** Keeps the type that a row is read to. */
export const row = <T, D extends string | null>(setting: Setting<T, D>): Setting<T, D> => setting;

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new Unfit(`give a whole number from ${least} to ${most}`);
  };

export const anyText = (text: string): string => text;

export const token = (text: string): string => {
  if (/^[\w-]{1,64}$/.test(text)) return text;
  throw new Unfit('give 1 to 64 letters, digits, "_" or "-"');
};

export const oneOf =
  <T extends string>(...choices: readonly T[]) =>
  (text: string): T => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new Unfit(`give one of: ${choices.join(', ')}`);
  };

/** A comma-separated list; white space around its members does not count. */
export const listOf =
  <T>(read: (text: string) => T) =>
  (text: string): readonly T[] =>
    text
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== '')
      .map(read);

export const url =
  (example: string, ...protocols: readonly string[]) =>
  (text: string): string => {
    const parsed = URL.canParse(text) ? new URL(text) : null;
    if (parsed && protocols.includes(parsed.protocol) && parsed.hostname !== '') return text;
    throw new Unfit(`give a URL such as ${example}`);
  };

/** NATS takes user and password beside the address, so an address that holds them would be used without. */
export const natsServers = (text: string): string => {
  const example = 'nats://127.0.0.1:4222 (several: with commas between them)';
  for (const server of text.split(',')) {
    const parsed = new URL(url(example, 'nats:', 'tls:')(server.trim()));
    if (parsed.username || parsed.password) throw new Unfit('put the user and password into NATS_USER, NATS_PASSWORD');
  }
  return text;
};

// Several hosts of a replica set are no URL as `new URL` reads them.
export const mongodbUrl = (text: string): string => {
  if (/^mongodb(\+srv)?:\/\/[^\s/]+/.test(text)) return text;
  throw new Unfit('give a URL such as mongodb://127.0.0.1:27017/');
};

export const origin = (text: string): string => {
  if (URL.canParse(text) && new URL(text).origin === text) return text;
  throw new Unfit('give origins as browsers send them, such as https://game.example, without a path');
};

/** Of proxies, as it is read where it counts. */
export const network = (text: string): string => {
  try {
    proxyAddr.compile(text);
    return text;
  } catch {
    throw new Unfit('give addresses or networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal');
  }
};

export const MIN_SECRET_BYTES = 32;

/** As it stands or not at all: whoever verifies must not have another secret than whoever signs. */
export const password = (text: string): string => {
  if (text === text.trim()) return text;
  throw new Unfit('it begins or ends with white space, as of a line break in the file it came from: give it without');
};

export const secret = (text: string): string => {
  password(text);
  if (Buffer.byteLength(text) >= MIN_SECRET_BYTES) return text;
  throw new Unfit(`give ${MIN_SECRET_BYTES} bytes or more, for instance what "openssl rand -base64 48" prints`);
};

/** PEM on one line, with `\n` written out, is accepted: many tools cannot put line breaks into a variable. */
export const publicKeyPem = (text: string): string => {
  const pem = text.replaceAll('\\n', '\n');
  if (pem.includes('PRIVATE KEY')) throw new Unfit('this is a private key: give the public one');
  let key;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Unfit('give a public key as PEM (-----BEGIN PUBLIC KEY-----)');
  }
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' && (modulusLength ?? 0) >= 2048) return pem;
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return pem;
  throw new Unfit('give an RSA key of 2048 bits or more, or an EC key on the curve P-256');
};
