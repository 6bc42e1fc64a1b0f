import { isatty } from 'node:tty';
import { ConsoleLogger, type ConsoleLoggerOptions, type LogLevel as NestLevel } from '@nestjs/common';
import type { Config, LogLevel, Role } from '#settings';

const levels: Readonly<Record<LogLevel, NestLevel[]>> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};

/**
 * Takes out what must never be in a log: the query of an address, where clients put their token, anything that looks
 * like a token, and the password in a server's address.
 */
export const withoutSecrets = (text: string): string =>
  text
    .replace(/\beyJ[\w-]{5,}\.[\w-]*\.?[\w-]*/g, '[token]')
    .replace(/\?[^\s"'\\]*\b(token|authorization)=[^\s"'\\]*/gi, '?[query]')
    .replace(/(:\/\/)[^\s/@"']+@/g, '$1[user]@');

/** The framework tells each of its steps at start; that is for who looks for a fault. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'NestApplication',
  'RoutesResolver',
  'RouterExplorer',
  'WebSocketsController',
]);

/** Nest's logger; whatever is logged, by whomever, is freed of secrets last of all. */
class CleanLogger extends ConsoleLogger {
  constructor(
    private readonly role: Role,
    options: ConsoleLoggerOptions,
  ) {
    super(options);
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK.has(context)) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }

  protected override formatMessage(...args: Parameters<ConsoleLogger['formatMessage']>): string {
    return withoutSecrets(super.formatMessage(...args));
  }

  /** Which process wrote a line is else lost where the lines of all roles come together. */
  protected override getJsonLogObject(
    ...args: Parameters<ConsoleLogger['getJsonLogObject']>
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    return { ...super.getJsonLogObject(...args), role: this.role };
  }

  protected override stringifyJsonLogObject(...args: Parameters<ConsoleLogger['stringifyJsonLogObject']>): string {
    return withoutSecrets(super.stringifyJsonLogObject(...args));
  }

  protected override printStackTrace(stack: string | undefined): void {
    if (stack !== undefined) super.printStackTrace(withoutSecrets(stack));
  }
}

/** One JSON object a line; in the standalone, and where a person looks on at a terminal, lines for reading. */
export function createLogger({ role, logLevel }: Pick<Config, 'role' | 'logLevel'>): ConsoleLogger {
  const terminal = isatty(process.stdout.fd);
  const forReading = role === 'standalone' || terminal;
  return new CleanLogger(role, {
    logLevels: levels[logLevel],
    json: !forReading,
    colors: terminal,
    prefix: 'Parley',
    redact: ['token', 'authorization', 'password', 'secret'],
  });
}
