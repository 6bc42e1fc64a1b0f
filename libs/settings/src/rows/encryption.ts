import { readFileSync } from 'node:fs';
import { oneOf, row, Unfit, withData } from './setting.js';

// How the texts in the log are kept from who has no keys.

const MASTER_KEY_BYTES = 32;
const HOW = 'give what "openssl rand -base64 32" prints';

/** One or more keys, with commas or line breaks: the first is in use, the others are of before. */
function masterKeys(text: string): readonly Uint8Array[] {
  const keys = text
    .split(/[\s,]+/)
    .filter((key) => key !== '')
    .map((key) => Buffer.from(key, 'base64'));
  if (keys.length > 0 && keys.every(({ length }) => length === MASTER_KEY_BYTES)) return keys;
  throw new Unfit(`${HOW}; of several, with commas between them, the first is used and the others are of before`);
}

/** @throws Unfit */
export function masterKeysIn(file: string): readonly Uint8Array[] {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Unfit(`give a file that can be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return masterKeys(text);
}

export const encryptionRows = {
  ENCRYPTION: row({
    type: 'on or off',
    default: 'on',
    roles: withData,
    meaning: 'Whether texts, names and avatars are encrypted in the log, so that people can be erased from it.',
    read: oneOf('on', 'off'),
  }),
  KEYS_MASTER: row({
    type: 'base64 of 32 bytes, several with commas',
    default: null,
    roles: withData,
    meaning: "The key that people's keys are wrapped with, the same for all roles. The standalone makes one.",
    read: masterKeys,
  }),
  KEYS_MASTER_FILE: row({
    type: 'file',
    default: null,
    roles: withData,
    meaning: 'The same, in a file.',
    read: masterKeysIn,
  }),
};
