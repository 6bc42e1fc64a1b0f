import { decodeId } from '#domain';

/** What a key is called: `<the encoded id of its person>.<16 hex digits>`. */
export const KEY_ID = /^[\w=-]+\.[0-9a-f]{16}$/;

export const personOfKey = (keyId: string): string => decodeId(keyId.slice(0, keyId.lastIndexOf('.')));
