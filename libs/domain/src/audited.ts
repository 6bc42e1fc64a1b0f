import type { Kind } from './event.js';

/** The kinds of events by which somebody changes what there is already, or what others may do or are shown: what an audit shows. */
export const auditedKinds = ['edit', 'sanction', 'mode', 'block'] as const satisfies readonly Kind[];
