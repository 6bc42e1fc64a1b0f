import type { ChatClient, Received } from './chat-client.js';
import { until } from './until.js';

let frames = 0;
/** Sends a frame and answers with what came of it. */
export async function ask(client: ChatClient, event: string, data: object, id = `f-${++frames}`): Promise<Received> {
  const before = client.frames.length;
  client.send(event, data, id);
  let answer: Received | undefined;
  await until(`an answer to ${event}`, () => {
    answer = client.frames.slice(before).find((frame) => frame['id'] === id);
    return answer !== undefined;
  });
  return answer!;
}

/** `ack`, or the code of the refusal. */
export const codeOf = (answer: Received): string =>
  answer.event === 'ack' ? 'ack' : (answer.data as { code: string }).code;

/** Whether a message to a room was told that says this. */
export const heard = (client: ChatClient, content: string): boolean =>
  client.frames.some(({ message }) => message?.['content'] === content);
