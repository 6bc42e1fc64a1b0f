import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { HELP, readChatLine } from './chat-line.js';

// A chat in the terminal.

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

socket.on('open', () => {
  console.log(`Connected. ${HELP}`);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const asked = readChatLine(line);
    if (asked.do === 'send') socket.send(JSON.stringify({ event: asked.event, data: { content: asked.content } }));
    else if (asked.do === 'tell') console.log(asked.text);
    else if (asked.do === 'quit') socket.close();
  });
  lines.on('close', () => {
    socket.close();
  });
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
