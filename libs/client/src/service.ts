import { addressOf, type HttpOptions, request } from './http.js';

export interface ServiceOptions extends HttpOptions {
  /** Where the server is, without a path. */
  readonly url: string;
  /** A service token, or what gives one, asked before each request. */
  readonly token: string | (() => Promise<string>);
}

type Parameters = Readonly<Record<string, string | number | undefined>>;

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
