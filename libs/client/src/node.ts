import { WebSocket } from 'ws';
import { platform } from './connection.js';

platform.WebSocket = WebSocket;

export * from './index.js';
