import type { Config } from '#settings';

/** What a gateway is told by the configuration. */
export type GatewaySettings = Pick<
  Config,
  | 'limits'
  | 'roomChat'
  | 'socketIo'
  | 'editWithinSeconds'
  | 'blockedMessages'
  | 'chatMessagesMax'
  | 'chatsMax'
  | 'resumeChangesMax'
  | 'inMail'
  | 'http'
>;

/** Injection token of {@link GatewaySettings}. */
export const SETTINGS = Symbol('gateway settings');

/** Injection token of a function that makes keys for commands that the client gave no id. */
export const COMMAND_KEYS = Symbol('command keys');

/** Injection token of a `CaughtUp`: whether a version of the timeline can be followed. */
export const CAUGHT_UP = Symbol('read models caught up');

/** Injection token of a `FoldedIn`: whether an event is in a version of the timeline. */
export const FOLDED_IN = Symbol('event folded');
