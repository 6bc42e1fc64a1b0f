import type { Config } from '#platform';

/** What a gateway is told by the configuration. */
export type GatewaySettings = Pick<
  Config,
  'limits' | 'roomChat' | 'chatMessagesMax' | 'chatsMax' | 'allowedOrigins' | 'inMail' | 'http'
>;

/** Injection token of {@link GatewaySettings}. */
export const SETTINGS = Symbol('gateway settings');

/** Injection token of a function that makes keys for commands that the client gave no id. */
export const COMMAND_KEYS = Symbol('command keys');

/** Injection token of `{caughtUp}`: resolves once the read models hold what the log held when this gateway began. */
export const CAUGHT_UP = Symbol('read models caught up');
