export type { ChatEvents, ChatOptions, Topic } from './chat.js';
export type { ConnectionOptions, ConnectionState, SocketClass } from './connection.js';
export * from './direct-chat.js';
export type { DirectChatEntry, DirectMessage } from './direct-frames.js';
export type { Position } from './follower.js';
export type { Command, OutboxStore } from './outbox.js';
export type { Backoff } from './reconnecting.js';
export * from './refusal.js';
export * from './room-chat.js';
