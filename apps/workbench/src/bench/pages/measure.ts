import { getJson } from '../../apart/history.js';
import { median } from '../quantiles.js';
import type { FilledRooms } from './filled-rooms.js';

const PAGE = 50;

/** A way to ask for a page: the `i`th time in a room of some size, and the number of its newest message. */
interface Question {
  readonly what: string;
  readonly ask: (rooms: FilledRooms, i: number) => { readonly path: string; readonly newest: number };
}

/** A place in the middle half of 0 … `count` - 1, another one each time. */
const inTheMiddle = (count: number, i: number): number => Math.floor(count / 4) + ((i * 7_919) % Math.floor(count / 2));

const historyPage = (page: number) => `/chat/history?type=clan&page=${page}&limit=${PAGE}`;

const questions: readonly Question[] = [
  { what: 'history, page 1', ask: ({ size }) => ({ path: historyPage(1), newest: size }) },
  {
    what: 'history, in the middle',
    ask: ({ size }, i) => {
      const before = inTheMiddle(size / PAGE, i);
      return { path: historyPage(before + 1), newest: size - before * PAGE };
    },
  },
  {
    what: 'chat, newest',
    ask: ({ size, chatId }) => ({ path: `/chats/${chatId}/messages?limit=${PAGE}`, newest: size }),
  },
  {
    what: 'chat, in the middle',
    ask: ({ size, chatId }, i) => {
      const before = PAGE + inTheMiddle(size - PAGE, i);
      return { path: `/chats/${chatId}/messages?before=${before}&limit=${PAGE}`, newest: before - 1 };
    },
  },
];

/** How long one question takes in rooms of each size, ms: the medians of all rounds' medians. */
export interface PageTimes {
  readonly what: string;
  readonly times: readonly {
    readonly size: number;
    readonly ms: number;
    /** To the smallest room, the median of the rounds' ratios. */
    readonly ratio: number;
  }[];
}

/**
 * Asks rooms of all sizes in turns, one request at a time, so that what else the machine does concerns all of them
 * alike. Every answer is looked at: 50 messages, the right ones.
 */
export async function measurePages(
  http: string,
  filled: readonly FilledRooms[],
  rounds: number,
  requests: number,
): Promise<PageTimes[]> {
  const all: PageTimes[] = [];
  for (const question of questions) {
    // The first one warms up.
    await round(http, question, filled, 0, requests);
    const medians: number[][] = [];
    for (let i = 1; i <= rounds; i++) medians.push(await round(http, question, filled, i * requests, requests));
    const times = filled.map(({ size }, room) => ({
      size,
      ms: median(medians.map((ofRound) => ofRound[room]!)),
      ratio: median(medians.map((ofRound) => ofRound[room]! / ofRound[0]!)),
    }));
    all.push({ what: question.what, times });
  }
  return all;
}

/** The median of each room's times. */
async function round(
  http: string,
  question: Question,
  filled: readonly FilledRooms[],
  first: number,
  requests: number,
): Promise<number[]> {
  const times = filled.map((): number[] => []);
  const order = [...filled.keys()];
  for (let i = first; i < first + requests; i++) {
    // There and back again: A B C C B A.
    for (const room of i % 2 === 0 ? order : order.toReversed()) {
      times[room]!.push(await timed(http, question, filled[room]!, i));
    }
  }
  return times.map((ofRoom) => median(ofRoom));
}

interface AnyPage {
  readonly data: readonly { readonly n: number }[] | { readonly ChatMessage: readonly { readonly n: number }[] };
}

async function timed(http: string, { ask }: Question, rooms: FilledRooms, i: number): Promise<number> {
  const { path, newest } = ask(rooms, i);
  const start = performance.now();
  const { data } = await getJson<AnyPage>(http + path, rooms.token);
  const time = performance.now() - start;
  const messages = 'ChatMessage' in data ? data.ChatMessage : data;
  if (messages.length !== PAGE || messages.some(({ n }, at) => n !== newest - at)) {
    throw new Error(`${path} in a room of ${rooms.size} must be 50 messages from ${newest} down, and is not`);
  }
  return time;
}
