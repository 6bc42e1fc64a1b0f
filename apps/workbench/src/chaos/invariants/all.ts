import type { Evidence } from '../evidence.js';
import { everythingEnds, nothingAckedIsLost } from './acknowledged.js';
import { hiddenFromWhoBlocks, unreadCounts } from './chats.js';
import type { Finding } from './finding.js';
import { mutedAreNotHeard, nothingOfTheErased } from './moderated.js';
import { foldOfTheLog, knownAsShown, shownAsLogged } from './shown.js';
import { nothingBegunAnew, oncePerCommand, oneOrder } from './told.js';

export const invariants: readonly ((evidence: Evidence) => Finding)[] = [
  nothingAckedIsLost,
  oncePerCommand,
  oneOrder,
  foldOfTheLog,
  unreadCounts,
  nothingBegunAnew,
  hiddenFromWhoBlocks,
  everythingEnds,
  shownAsLogged,
  knownAsShown,
  nothingOfTheErased,
  mutedAreNotHeard,
];
