import { randomBytes } from 'node:crypto';
import { type CommandContext, keySequence } from '#domain';

const nextKey = keySequence(randomBytes(8));

/** The time and a fresh key for a command that came over HTTP: these are idempotent by what they ask for, not by id. */
export const newContext = (): CommandContext => ({ key: nextKey(), at: new Date().toISOString() });
