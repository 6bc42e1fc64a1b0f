import { WebSocket } from 'ws';
import type { DirectMessageView, RoomEvent, RoomMessageView } from '#protocol';
import { fromDirectMessage, fromRoomMessage, type ToldMessage } from '../apart/history.js';

/** What one connected person saw of a room: new messages in the order they came, and each message as last seen. */
export interface SeenRoom {
  readonly order: ToldMessage[];
  readonly latest: Map<string, ToldMessage>;
}

interface RoomFrame {
  readonly chat: 'clan' | 'global';
  readonly event: RoomEvent;
  readonly message: RoomMessageView;
}

interface DirectFrame {
  readonly event: string;
  readonly data: unknown;
}

export interface Seat {
  readonly userId: string;
  readonly token: string;
  /** Base address of a gateway. */
  readonly gateway: string;
  readonly endpoint: 'rooms' | 'direct';
}

/** A person in the demo: one socket, plain WebSocket and JSON, that remembers what it saw. Reconnects when it is cut. */
export class Chatter {
  /** By `global`, `clan` or the chat's id. */
  readonly rooms = new Map<string, SeenRoom>();
  readonly errors: string[] = [];
  reconnects = 0;
  private socket: WebSocket | null = null;
  private leaving = false;
  private readonly answers: { readonly event: string; readonly resolve: (data: unknown) => void }[] = [];

  constructor(readonly seat: Seat) {}

  /** Resolves once connected; tries again while the gateway is away. */
  async connect(): Promise<void> {
    const { gateway, endpoint, token, userId } = this.seat;
    const path = endpoint === 'rooms' ? '/ws/chat' : '/ws';
    const address = `${gateway}${path}?token=${token}${endpoint === 'direct' ? `&userId=${userId}` : ''}`;
    for (let attempt = 1; !this.leaving; attempt++) {
      const socket = new WebSocket(address, { perMessageDeflate: false });
      const opened = await new Promise<boolean>((resolve) => {
        socket.on('open', () => {
          resolve(true);
        });
        socket.on('error', () => {
          resolve(false);
        });
        socket.on('message', (data: Buffer) => {
          this.receive(data.toString());
        });
      });
      if (opened) {
        this.socket = socket;
        socket.on('close', () => {
          if (this.leaving) return;
          this.reconnects++;
          void this.connect();
        });
        return;
      }
      if (attempt >= 100) throw new Error(`user ${userId} cannot connect to ${gateway}: is the gateway up?`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Sends a frame where there is a connection; what is sent into a dying one may be lost, and nobody was promised it. */
  send(event: string, data: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ event, data }));
  }

  /** The next answer of an event of the direct API. */
  ask(event: string, data: unknown, answer: string): Promise<unknown> {
    return new Promise((resolve) => {
      this.answers.push({ event: answer, resolve });
      this.send(event, data);
    });
  }

  room(name: string): SeenRoom {
    let room = this.rooms.get(name);
    if (!room) this.rooms.set(name, (room = { order: [], latest: new Map() }));
    return room;
  }

  leave(): void {
    this.leaving = true;
    this.socket?.close();
  }

  private receive(text: string): void {
    const frame = JSON.parse(text) as RoomFrame | DirectFrame | { readonly error: unknown };
    if ('error' in frame || frame.event === 'exception') this.errors.push(text);
    else if ('chat' in frame) this.receiveRoomFrame(frame);
    else if (frame.event === 'response_message') this.receiveDirect(frame.data as DirectMessageView);
    else {
      const index = this.answers.findIndex(({ event }) => event === frame.event);
      if (index >= 0) this.answers.splice(index, 1)[0]!.resolve(frame.data);
    }
  }

  private receiveRoomFrame({ chat, event, message }: RoomFrame): void {
    const seen = fromRoomMessage(message);
    const room = this.room(chat);
    if (event === 'newMessage') room.order.push(seen);
    room.latest.set(seen.id, seen);
  }

  private receiveDirect(message: DirectMessageView): void {
    const seen = fromDirectMessage(message);
    const room = this.room(String(message.chat_id));
    room.order.push(seen);
    room.latest.set(seen.id, seen);
  }
}
