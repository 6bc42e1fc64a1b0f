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
        // However long who reads takes over it, that is no silence of the server's.
        clearTimeout(timer);
        yield logLine(line);
        listen();
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

// What operators see and do: there only where the server has OPERATIONS on.

/** How far a part of a projection is behind the log. */
export interface LagFigures {
  /** Events that are not folded yet. */
  readonly lagEvents: number;
  /** The age of the oldest of them. */
  readonly lagSeconds: number;
  /** Events a second; null where it has just changed hands. */
  readonly rate: number | null;
  readonly deadLetters: number;
}

export interface PartitionStatus extends LagFigures {
  readonly partition: number;
  /** Who took it over last; null where nobody ever did. */
  readonly owner: string | null;
  /** Whether that worker is there. */
  readonly present: boolean;
  /** The sequence of the last event that is folded for good. */
  readonly position: number;
}

export interface ProjectionStatus extends LagFigures {
  /** With its version, as in `timeline-2`. */
  readonly projection: string;
  /** Whether it is being built, beside the one that is served. */
  readonly building: boolean;
  readonly workers: readonly string[];
  readonly partitions: readonly PartitionStatus[];
}

export interface StreamStatus {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface OperationsStatus {
  readonly streams: readonly StreamStatus[];
  readonly projections: readonly ProjectionStatus[];
  /** Projections that nobody ever ran. */
  readonly neverRun: readonly string[];
  /** What waits for the in-mail webhook; null where there is none. */
  readonly inMail: { readonly lagEvents: number; readonly deadLetters: number } | null;
}

export interface KeptVersion {
  readonly projection: string;
  readonly version: number;
  readonly format: number;
  readonly state: 'served' | 'being built' | 'old';
}

/** An event that a projection could not take in. */
export interface DeadLetter {
  readonly projection: string;
  readonly partition: number;
  readonly seq: number;
  readonly reason: string;
  readonly at: string;
  readonly type: string | null;
}

/** A step of a rebuild. The last one has `end`: `refused` where it was not served. */
export type RebuildStep =
  | { readonly progress: true; readonly version: number; readonly left: number }
  | { readonly warning: string }
  | { readonly end: true; readonly refused: string }
  | RebuildReport;

export interface RebuildReport {
  readonly end: true;
  readonly refused?: never;
  readonly projection: string;
  readonly version: { readonly number: number };
  readonly folded: number;
  readonly seconds: number;
  readonly letters: { readonly dropped: number; readonly left: number };
}

/** The connections of a gateway. */
export interface GatewayConnections {
  readonly gateway: string;
  readonly rooms: number;
  readonly direct: number;
  readonly people: number;
}

/** What operators ask, by a {@link Service}. */
export class Operations {
  constructor(private readonly service: Service) {}

  /** How far the projections are, and what the streams hold. @throws RequestFailed */
  status(): Promise<OperationsStatus> {
    return this.service.json('/operations/status');
  }

  /** @throws RequestFailed */
  async versions(): Promise<readonly KeptVersion[]> {
    return (await this.service.json<{ readonly data: readonly KeptVersion[] }>('/operations/versions')).data;
  }

  /** Those that were put aside first, and how many there are. @throws RequestFailed */
  deadLetters(limit?: number): Promise<{ readonly data: readonly DeadLetter[]; readonly total: number }> {
    return this.service.json('/operations/dead-letters', { limit });
  }

  /**
   * Builds a projection anew and has it served; with `refold` only where dead letters can be taken in. Whoever leaves,
   * by `signal` or otherwise, ends it, saved as far as it is: the same once more goes on there.
   * @throws RequestFailed
   */
  rebuild(projection: string, how: 'rebuild' | 'refold', signal: AbortSignal): AsyncGenerator<RebuildStep, void> {
    return this.service.lines(`/operations/projections/${projection}/${how}`, {}, { method: 'POST', signal });
  }

  /** @throws RequestFailed */
  async gateways(): Promise<readonly GatewayConnections[]> {
    return (await this.service.json<{ readonly data: readonly GatewayConnections[] }>('/online/gateways')).data;
  }
}
