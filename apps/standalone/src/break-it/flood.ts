import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { signDevelopmentToken } from '#platform';

/** How many people talk, how often each of them does a second, and for how long. */
const CROWD = { people: 8, perSecond: 12, seconds: 5 };
/** Says so much that the gateway cuts him off: more than FRAMES_PER_SECOND, for longer than FRAMES_BURST lasts. */
const LOUDMOUTH = { perSecond: 150 };
/** For the last answers to come, and for whoever is cut off to be so: behind what he had sent by then. */
const ANSWERS_MS = 15_000;
const TURN_MS = 50;

interface Counts {
  said: number;
  stored: number;
  refused: number;
  cutOff: number;
}

/** Says much in a room, by people who are made up, over sockets of theirs. @returns what came of it, in words */
export async function flood(
  gateway: string,
  secret: string,
  clan: string | null,
  signal: AbortSignal,
): Promise<string> {
  const counts: Counts = { said: 0, stored: 0, refused: 0, cutOff: 0 };
  const people = Array.from({ length: CROWD.people }, (_, i) => talker(gateway, secret, clan, i, counts));
  const loudmouth = talker(gateway, secret, clan, CROWD.people, counts);
  const until = performance.now() + CROWD.seconds * 1_000;
  const begun = performance.now();
  const due = (perSecond: number) => Math.floor(((performance.now() - begun) / 1_000) * perSecond);
  while (performance.now() < until && !signal.aborted) {
    for (const person of people) person.sayUpTo(due(CROWD.perSecond));
    loudmouth.sayUpTo(due(LOUDMOUTH.perSecond));
    await sleep(TURN_MS);
  }
  const all = [...people, loudmouth];
  const patience = performance.now() + ANSWERS_MS;
  while (performance.now() < patience && !signal.aborted && !all.every((person) => person.isDone)) await sleep(TURN_MS);
  for (const person of all) person.leave();
  const { said, stored, refused, cutOff } = counts;
  return (
    `${said} messages said by ${CROWD.people + 1} people in ${CROWD.seconds} s: ${stored} stored, ${refused} refused, ` +
    `${said - stored - refused} unanswered; ${cutOff} cut off by the gateway`
  );
}

/** Somebody of the crowd; where his connection ends he says nothing any more. */
function talker(gateway: string, secret: string, clan: string | null, number: number, counts: Counts) {
  const person = { userId: 900_000 + number, name: `Crowd ${number + 1}`, ...(clan !== null && { clanId: clan }) };
  const token = signDevelopmentToken(secret, { ...person, seconds: 60 });
  const socket = new WebSocket(`${gateway}/ws/chat`, { headers: { Authorization: `Bearer ${token}` } });
  const run = Date.now().toString(36);
  let [said, answered] = [0, 0];
  let isLeaving = false;
  socket.on('message', (data: Buffer) => {
    const { event } = JSON.parse(data.toString()) as { readonly event?: string };
    if (event === 'ack') counts.stored++;
    else if (event === 'nack') counts.refused++;
    if (event === 'ack' || event === 'nack') answered++;
  });
  // That it cannot be reached, or is killed meanwhile, is what the count shows.
  socket.on('error', () => undefined);
  socket.on('close', (code) => {
    if (!isLeaving && code !== 1006) counts.cutOff++;
  });
  return {
    /** All is answered that he said, or nothing more will be. */
    get isDone() {
      return answered === said || socket.readyState === WebSocket.CLOSED;
    },
    sayUpTo(count: number) {
      for (; said < count && socket.readyState === WebSocket.OPEN; said++) {
        const data = { content: `flood ${said + 1}` };
        const id = `flood-${run}-${number}-${said}`;
        socket.send(JSON.stringify({ event: clan === null ? 'globalMessage' : 'clanMessage', data, id }));
        counts.said++;
      }
    },
    leave() {
      isLeaving = true;
      socket.terminate();
    },
  };
}
