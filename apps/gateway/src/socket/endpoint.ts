import { directEndpoint, directErrorFrame, type Fault, roomEndpoint, roomErrorFrame } from '#protocol';

/** One of the two published APIs. */
export interface Endpoint {
  readonly path: '/ws/chat' | '/ws';
  /** How it says that something is wrong. */
  readonly errorFrame: (fault: Fault) => string;
}

export const ROOM_CHAT: Endpoint = { path: roomEndpoint.path, errorFrame: roomErrorFrame };
export const DIRECT_CHAT: Endpoint = { path: directEndpoint.path, errorFrame: directErrorFrame };

export const ENDPOINTS: readonly Endpoint[] = [ROOM_CHAT, DIRECT_CHAT];
