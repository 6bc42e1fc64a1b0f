import { setTimeout as sleep } from 'node:timers/promises';
import { signDevelopmentToken } from '#platform';
import { Chatter } from './chatter.js';

export interface Cast {
  /** Everybody on the room API, in the global room and in one of two clans. */
  readonly speakers: readonly { readonly chatter: Chatter; readonly clanId: string }[];
  /** The two people of each direct chat, on the direct API, and the chat's id. */
  readonly chats: readonly { readonly chatId: number; readonly people: readonly [Chatter, Chatter] }[];
}

export interface Stage {
  readonly gateways: readonly string[];
  readonly secret: string;
}

const USERS = 20;
const CHATS = 5;
const LINES = 12;

/** Names nobody has had before: of this run only. */
const run = Date.now();

/** Connects 20 people of two clans, and 10 of them for 5 direct chats, in turns over the gateways. */
export async function gather({ gateways, secret }: Stage): Promise<Cast> {
  const seat = (i: number, endpoint: 'rooms' | 'direct', clanId: string): Chatter => {
    const userId = String(run + i);
    const token = signDevelopmentToken(secret, { userId, name: `Person ${i + 1}`, clanId, seconds: 3_600 });
    // The two people of a chat are on different gateways.
    return new Chatter({ userId, token, gateway: gateways[i % gateways.length]!, endpoint });
  };
  const clanOf = (i: number) => `demo-${run}-${i % 4 < 2 ? 'red' : 'blue'}`;
  const speakers = Array.from({ length: USERS }, (_, i) => ({
    chatter: seat(i, 'rooms', clanOf(i)),
    clanId: clanOf(i),
  }));
  await Promise.all(speakers.map(({ chatter }) => chatter.connect()));
  const pairs = Array.from({ length: CHATS }, (_, i): [Chatter, Chatter] => [
    seat(2 * i, 'direct', clanOf(2 * i)),
    seat(2 * i + 1, 'direct', clanOf(2 * i + 1)),
  ]);
  const chats = await Promise.all(
    pairs.map(async (people) => {
      await Promise.all(people.map((person) => person.connect()));
      const receiver = Number(people[1].seat.userId);
      const chat = (await people[0].ask('create_chat', { receiver_id: receiver }, 'chat_created')) as { id: number };
      return { chatId: chat.id, people };
    }),
  );
  return { speakers, chats };
}

/** Everybody talks, reacts and reads, each at their own pace; resolves once everybody has said their lines. */
export async function talk({ speakers, chats }: Cast, paceMs: number): Promise<void> {
  const pause = () => sleep(Math.random() * 2 * paceMs);
  await Promise.all([
    ...speakers.map(async ({ chatter }, i) => {
      for (let line = 1; line <= LINES; line++) {
        await pause();
        const room = Math.random() < 0.5 ? 'clan' : 'global';
        chatter.send(`${room}Message`, { content: `line ${line} of person ${i + 1}`, feeling: 'Happy' });
        const { order } = chatter.room(room);
        const target = order[Math.floor(Math.random() * order.length)];
        if (!target || Math.random() < 0.6) continue;
        const emoji = ['👍', '❤️', '🫡', ''][Math.floor(Math.random() * 4)];
        chatter.send(`${room}MessageReaction`, { message_id: target.id, emoji });
      }
    }),
    ...chats.flatMap(({ chatId, people: [one, other] }) =>
      [one, other].map(async (person) => {
        const receiver = person === one ? other : one;
        for (let line = 1; line <= LINES; line++) {
          await pause();
          const data = { chat_id: chatId, receiver_id: Number(receiver.seat.userId), message: `line ${line}` };
          person.send('create_message', data);
          if (Math.random() < 0.3) person.send('seen_message', { chat_id: chatId });
        }
      }),
    ),
  ]);
}

/** Resolves once nobody has seen anything new for a second. */
export async function quiet({ speakers, chats }: Cast): Promise<void> {
  const everybody = [...speakers.map(({ chatter }) => chatter), ...chats.flatMap(({ people }) => people)];
  const changes = () => {
    let sum = 0;
    for (const { rooms } of everybody)
      for (const { latest } of rooms.values()) for (const { rev } of latest.values()) sum += rev;
    return sum;
  };
  for (let last = -1, now = changes(); now !== last; last = now, now = changes()) await sleep(1_000);
}
