// A page of another application, at an origin of its own, with a chat in it.
//
//   npm start                                                # the chat, in another terminal
//   node apps/web/example/serve.mjs http://127.0.0.1:8080    # this page, at http://127.0.0.1:8081/?as=7
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const PEOPLE = new Map([
  ['7', { userId: 7, name: 'Ada', clanId: '3' }],
  ['8', { userId: 8, name: 'Bob', clanId: '3' }],
]);

const FILES = new Map([
  ['/', ['index.html', 'text/html; charset=utf-8']],
  ['/page.css', ['page.css', 'text/css']],
  ['/page.js', ['page.js', 'text/javascript']],
]);

/** What the page may do: load from its own origin, run the chat's script beside its own, and connect to the chat. */
const policyOf = (chat) =>
  [
    "default-src 'self'",
    `script-src 'self' ${chat}`,
    `connect-src 'self' ${chat} ${chat.replace(/^http/, 'ws')}`,
    "object-src 'none'",
    "base-uri 'none'",
  ].join('; ');

/** An application signs the tokens of its people itself; this one asks the chat that was started to try it. */
async function tokenOf(chat, person) {
  const answer = await fetch(`${chat}/development/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(person),
  });
  if (!answer.ok) throw new Error(`the chat gave no token: ${answer.status}`);
  return (await answer.json()).token;
}

async function answer(request, response, chat) {
  const { pathname, searchParams } = new URL(request.url, 'http://here');
  const person = PEOPLE.get(searchParams.get('as') ?? '7');
  if (pathname === '/token' && person) {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' });
    response.end(await tokenOf(chat, person));
    return;
  }
  const [file, type] = FILES.get(pathname) ?? [];
  if (!file) {
    response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    return;
  }
  const text = await readFile(fileURLToPath(new URL(file, import.meta.url)), 'utf8');
  response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': policyOf(chat) });
  response.end(text.replaceAll('https://chat.example', chat));
}

/**
 * @param {string} chat the origin of the chat
 * @param {number} port 0 for any that is free
 * @returns the server, once it listens
 */
export function serve(chat, port) {
  const server = createServer((request, response) => {
    answer(request, response, chat).catch((error) => response.writeHead(502).end(error.message));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [chat = 'http://127.0.0.1:8080', port = '8081'] = process.argv.slice(2);
  await serve(new URL(chat).origin, Number(port));
  console.log(`http://127.0.0.1:${port}/?as=7 is a page with a chat of ${chat} in it, as Ada; ?as=8 is Bob`);
}
