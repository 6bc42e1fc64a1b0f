import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './release-before.js';

/** What a release to come does otherwise. */
export type Novelty = 'messages of another version' | 'a timeline of another format';

/** A file of what is built, and what stands in it otherwise. */
type Patch = readonly [file: string, from: string, to: string];

const patches: Readonly<Record<Novelty, readonly Patch[]>> = {
  'messages of another version': [
    [
      'libs/domain/src/message.js',
      'const reactionFields =',
      'export const MessageCreatedV3 = { ...MessageCreatedV2, version: 3 };\nconst reactionFields =',
    ],
    ['libs/domain/src/events.js', 'import { MessageCreatedV1,', 'import { MessageCreatedV3, MessageCreatedV1,'],
    ['libs/domain/src/events.js', '    MessageCreatedV2,\n', '    MessageCreatedV3,\n'],
    [
      'libs/domain/src/events.js',
      '    pastVersion(MessageCreatedV1,',
      '    pastVersion(MessageCreatedV2, MessageCreatedV3, (fields) => fields),\n    pastVersion(MessageCreatedV1,',
    ],
  ],
  'a timeline of another format': [
    ['libs/projections/src/timeline/documents.js', 'TIMELINE_FORMAT = ', 'TIMELINE_FORMAT = 1 + '],
  ],
};

/** This release as it is built, with what a later one might do otherwise. @returns its folder */
export function releaseToCome(folder: string, novelties: readonly Novelty[]): string {
  mkdirSync(folder, { recursive: true });
  cpSync(join(CHECKOUT, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(CHECKOUT, 'package.json'), join(folder, 'package.json'));
  for (const same of ['node_modules', 'libs', 'apps', 'docs', 'deploy']) {
    symlinkSync(join(CHECKOUT, same), join(folder, same));
  }
  for (const [file, from, to] of novelties.flatMap((novelty) => patches[novelty])) {
    const path = join(folder, 'dist', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${path} is not as it was: it has no ${JSON.stringify(from)}`);
    rmSync(path);
    writeFileSync(path, text.replace(from, to));
  }
  return folder;
}
