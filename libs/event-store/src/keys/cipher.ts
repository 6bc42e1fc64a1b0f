import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';

// AES-256-GCM: what is sealed is 12 bytes of nonce, 16 of tag and the text, in base64. It opens only with the same key
// and in the same context, so that what is stored in one place cannot be passed off in another.

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;

// Random bytes are drawn for many at a time: drawing them costs as much as to seal.
const nonces = Buffer.alloc(NONCE * 512);
let used = nonces.length;

function nextNonce(): Buffer {
  if (used === nonces.length) {
    randomFillSync(nonces);
    used = 0;
  }
  used += NONCE;
  return nonces.subarray(used - NONCE, used);
}

export function seal(key: KeyObject, text: string, context: string): string {
  const nonce = nextNonce();
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(Buffer.from(context));
  const sealed = cipher.update(text, 'utf8');
  cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

/** @throws Error where it was sealed with another key or in another context, or is damaged */
export function open(key: KeyObject, sealed: string, context: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
  const text = decipher.update(bytes.subarray(NONCE + TAG));
  decipher.final();
  return text.toString();
}
