import type { Server } from 'node:http';

export declare function serve(chat: string, port: number): Promise<Server>;
