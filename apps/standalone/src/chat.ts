import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

// A chat in the terminal: what is typed goes to the global room, or to the clan where it begins with /clan.

interface Shown {
  readonly chat?: string;
  readonly event?: string;
  readonly message?: { readonly sender: { readonly name: string }; readonly content: string };
  readonly error?: unknown;
}

const [token, address = 'ws://127.0.0.1:8080'] = process.argv.slice(2);
if (token === undefined) {
  console.error('usage: npm run --silent chat -- TOKEN [ws://host:port]     (npm start prints two tokens)');
  process.exit(2);
}

const socket = new WebSocket(`${address}/ws/chat`, { headers: { Authorization: `Bearer ${token}` } });
const lines = createInterface({ input: process.stdin });

socket.on('open', () => {
  console.log('Connected. Type a line for everybody, or "/clan hello" for your clan. Ctrl-C ends it.');
});
socket.on('message', (data: Buffer) => {
  const { chat, event, message, error } = JSON.parse(data.toString()) as Shown;
  if (error !== undefined) console.log('!', typeof error === 'string' ? error : JSON.stringify(error));
  else if (event === 'newMessage' && message) console.log(`[${chat}] ${message.sender.name}: ${message.content}`);
});
socket.on('unexpected-response', (_, response) => {
  console.error(
    `refused: ${response.statusCode} ${response.statusMessage}. Is the token one of this server, and still valid?`,
  );
  process.exit(1);
});
socket.on('error', (error) => {
  console.error(`no connection to ${address}: ${error.message}. Is it running?`);
  process.exit(1);
});
socket.on('close', (code, reason) => {
  console.log(`closed: ${code} ${reason.toString()}`);
  process.exit(0);
});
lines.on('line', (line) => {
  const [, clan, content = ''] = /^(\/clan )?(.*)$/.exec(line) ?? [];
  if (content.trim() === '') return;
  socket.send(JSON.stringify({ event: clan ? 'clanMessage' : 'globalMessage', data: { content } }));
});
lines.on('close', () => {
  socket.close();
});
