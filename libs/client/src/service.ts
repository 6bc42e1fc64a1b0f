import { addressOf, type HttpOptions, request } from './http.js';
import {
  type LogLine,
  logLine,
  type LogReading,
  type LogSelection,
  type RoomThen,
  type RoomThenOptions,
} from './log.js';

export type * from './log.js';

export interface ServiceOptions extends HttpOptions {
  /** Where the server is, without a path. */
  readonly url: string;
  /** A service token, or what gives one, asked before each request. */
  readonly token: string | (() => Promise<string>);
}

/** The server says every 5 seconds that it is there. */
const SILENCE_MS = 15_000;

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** What a service token may ask over HTTP, for who looks at the system as a whole: the log and how it is folded. */
export class Service {
  constructor(private readonly options: ServiceOptions) {}

  /** A JSON answer. @throws RequestFailed */
  async json<T>(path: string, parameters: Parameters = {}, init: RequestInit = {}): Promise<T> {
    return (await (await this.ask(path, parameters, init)).json()) as T;
  }

  /**
   * An answer of a line of JSON each, as the lines come. It ends where the server ends it, and where `signal` says so.
   * @throws RequestFailed, and what `fetch` throws where the connection breaks
   */
  async *lines<T>(path: string, parameters: Parameters, init: RequestInit = {}): AsyncGenerator<T, void> {
    const { body } = await this.ask(path, parameters, init);
    let rest = '';
    const decoder = new TextDecoder();
    const reader = body!.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
        rest = lines.pop()!;
        for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  /**
   * The events of the log, oldest first. An answer that is cut off, and one that follows, is gone on with from the
   * sequence after the last one that came.
   * @throws RequestFailed, and another error where the connection breaks, or nothing comes of it
   */
  async *log(selection: LogSelection = {}, { follow, folds, signal }: LogReading = {}): AsyncGenerator<LogLine, void> {
    const { types, ...part } = selection;
    const asked = { ...part, type: types?.join(','), follow: follow || undefined, folds: folds || undefined };
    const silent = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listen = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        silent.abort(new Error('nothing comes of the log'));
      }, SILENCE_MS);
    };
    const ends = [silent.signal, ...(signal ? [signal] : [])];
    listen();
    try {
      for await (const line of this.lines<Record<string, unknown>>('/log', asked, { signal: AbortSignal.any(ends) })) {
        listen();
        yield logLine(line);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** A room as it was at a sequence of the log, or a time. @throws RequestFailed */
  at(room: string, when: number | string, options: RoomThenOptions = {}, signal?: AbortSignal): Promise<RoomThen> {
    return this.json('/log/at', { room, when, ...options }, signal ? { signal } : {});
  }

  /** Rooms in which something was said, in the order of their names, a page. @throws RequestFailed */
  rooms(after?: string): Promise<{ readonly data: readonly string[]; readonly next: string | null }> {
    return this.json('/log/rooms', { after });
  }

  private async ask(path: string, parameters: Parameters, init: RequestInit): Promise<Response> {
    const { url, token, httpUrl = url, fetch: fetcher } = this.options;
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const query = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
    return request(
      addressOf(httpUrl, 'http', path, query),
      typeof token === 'string' ? token : await token(),
      init,
      fetcher,
    );
  }
}
