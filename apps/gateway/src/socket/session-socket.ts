import type { RawData } from 'ws';

/** What a session uses of a WebSocket; another kind of connection does the same in its own way. */
export interface SessionSocket {
  readonly readyState: number;
  readonly OPEN: number;
  readonly isPaused: boolean;
  on(event: 'message', listener: (data: RawData, binary: boolean) => void): unknown;
  on(event: 'ping' | 'pong', listener: () => void): unknown;
  /**
   * Comes once, with the client's code, 1006 where it gave none: where a listener stays as long as the connection,
   * `once` would only take more memory.
   */
  on(event: 'close', listener: (code: number) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  ping(): void;
  pong(): void;
}
