import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type ChatEndpoint, type ClientFrame, directEndpoint, roomEndpoint } from '../src/endpoints.js';
import { readFrame, traceparentSchema } from '../src/frame.js';
import { readPayload } from '../src/payload.js';
import type { ResumedView } from '../src/resume.js';
import type { ServerFrame } from '../src/shape.js';
import { sent, sentBy } from './frame-schemas.js';

// What each endpoint takes and sends, by the page that says it to whoever writes a client.

const page = readFileSync('docs/wire.md', 'utf8');

/** All frames that the page shows. */
const shown = [...page.matchAll(/^```json\n(.*?)^```$/gms)]
  .flatMap(([, block]) => block!.trim().split('\n'))
  .map((line) => JSON.parse(line) as Record<string, unknown>)
  .filter(({ event, error }) => event !== undefined || error !== undefined);
const endpoints = [roomEndpoint, directEndpoint] as const;
const takes: readonly ClientFrame[] = endpoints.flatMap((endpoint: ChatEndpoint) => endpoint.takes);
const names = (frames: readonly ServerFrame[]) => frames.map(({ name }) => name);

const isTaken = (frame: { event?: unknown; data?: unknown }): boolean =>
  takes.some(({ event, data }) => event === frame.event && (!data || 'payload' in readPayload(data, frame.data)));

describe('by the contract', () => {
  it('the room chat takes and sends', () => {
    expect(roomEndpoint.path).toBe('/ws/chat');
    expect(roomEndpoint.takes.map(({ event }) => event).sort()).toEqual(
      [
        ...['globalMessage', 'clanMessage', 'globalMessageReaction', 'clanMessageReaction'],
        ...['globalMessageEdit', 'clanMessageEdit', 'globalMessageDelete', 'clanMessageDelete'],
        ...['mute', 'unmute', 'ban', 'unban', 'slowMode', 'subscribe', 'typing', 'resume'],
      ].sort(),
    );
    expect(names(sentBy(roomEndpoint)).sort()).toEqual(
      [
        'newMessage',
        'newReaction',
        'messageChanged',
        'userTyping',
        'presence',
        'resumed',
        'error',
        'ack',
        'nack',
      ].sort(),
    );
  });

  it('the direct chat takes, answers and sends', () => {
    expect(directEndpoint.path).toBe('/ws');
    const answers = directEndpoint.takes.map((frame) => [frame.event, 'answer' in frame ? frame.answer.name : null]);
    expect(Object.fromEntries(answers)).toEqual({
      create_chat: 'chat_created',
      create_message: null,
      chat_messages: 'get_all_chat_messages',
      get_chats: 'updated_chat_list',
      seen_message: null,
      ...{ edit_message: null, delete_message: null, block_chat: null, unblock_chat: null },
      ...{ subscribe: null, typing: null, resume: 'resumed' },
    });
    expect(names([...directEndpoint.tells, ...directEndpoint.answersAny]).sort()).toEqual(
      ['response_message', 'message_changed', 'userTyping', 'presence', 'seen', 'exception', 'ack', 'nack'].sort(),
    );
  });
});

describe('the page', () => {
  it('shows no other frames', () => {
    expect(shown.length).toBeGreaterThan(25);
    expect(shown.filter((frame) => !isTaken(frame) && !sent.some(({ isFrame }) => isFrame(frame)))).toEqual([]);
  });

  it('shows each that is sent, and names each that is taken', () => {
    const unshown = sent.filter(({ isFrame }) => !shown.some((frame) => isFrame(frame)));
    expect(unshown.map(({ path, name }) => [path, name])).toEqual([]);
    for (const { event } of takes) expect(page).toMatch(new RegExp(`\`${event}\`|"event":"${event}"`));
  });
});

describe.each(takes.map((frame) => [frame.event, frame] as const))('%s', (_, { data, examples, summary }) => {
  it('has examples that are taken', () => {
    expect(examples).not.toEqual([]);
    for (const example of examples) {
      expect(readFrame(Buffer.from(JSON.stringify({ event: 'x', ...example })), 16)).toHaveProperty('frame');
      if (data) expect(readPayload(data, example.data)).toHaveProperty('payload');
    }
  });

  it('is said in a sentence', () => {
    expect(summary).toMatch(/^[A-Z].*\.$/);
  });
});

/** The texts that an example holds. */
const texts = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(texts)
      : [];

describe('examples', () => {
  const all: readonly unknown[] = [...takes, ...sent.map(({ frame }) => frame)].flatMap(({ examples }) => examples);

  it('say something everywhere, and name messages as they are named', () => {
    // But for the emoji by which a reaction is taken back.
    const others = all.filter((example) => (example as { data?: { emoji?: string } }).data?.emoji !== '');
    expect(others.flatMap(texts).filter((text) => text.trim() === '')).toEqual([]);
    const ids = [...JSON.stringify(all).matchAll(/"(?:_id|id|message_id|reply_to)":"([^"]*)"/g)].map(([, id]) => id!);
    expect(ids.filter((id) => !/^[0-9a-f]{24}$|^c-\d+$|^\d$/.test(id))).toEqual([]);
  });

  it('of a reaction give one and take it back', () => {
    for (const { event, examples } of takes.filter((frame) => frame.event.endsWith('Reaction'))) {
      const emojis = examples.map((example) => (example.data as { emoji: string }).emoji);
      expect([event, emojis.map((emoji) => emoji === '')]).toEqual([event, [false, true]]);
    }
  });

  it('of a subscription have all that its endpoint tells of', () => {
    const topics = endpoints.map((endpoint) =>
      endpoint.takes.flatMap((frame) => (frame.event === 'subscribe' ? frame.examples.map(({ data }) => data) : [])),
    );
    const here = ['presence', 'typing', 'changes'];
    expect(topics).toEqual([[{ to: here }], [{ to: ['presence', 'typing', 'seen', 'changes'] }]]);
  });

  it('of a resume are answered for each room, which is recovered where its position is one of it', () => {
    const resumes = takes.filter(({ event }) => event === 'resume');
    expect(resumes).toHaveLength(2);
    for (const { examples, answer } of resumes) {
      const [{ data } = {}] = examples;
      const [{ data: answered } = {}] = answer!.examples as readonly { readonly data?: ResumedView }[];
      const rooms = Object.entries(answered!.rooms);
      expect(rooms.map(([name]) => name)).toEqual(Object.keys((data as { rooms: object }).rooms));
      const isPossible = rooms.map(([, room]) => 'to' in room && room.from !== null && room.from.rev <= room.to.rev);
      expect(rooms.map(([, room]) => room.recovered)).toEqual(isPossible);
      expect(new Set(isPossible)).toEqual(new Set([true, false]));
    }
  });

  it('of messages that were seen say when, and no others', () => {
    const seen = JSON.stringify(all).matchAll(/"seen":(true|false),"seen_at":(null|"[^"]+")/g);
    for (const [, isSeen, at] of seen) expect([isSeen, at !== 'null']).toEqual([isSeen, isSeen === 'true']);
  });

  it('of a traceparent are as W3C Trace Context has it', () => {
    expect(traceparentSchema.examples).not.toEqual([]);
    for (const example of traceparentSchema.examples) expect(example).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  });
});

it('each frame that is sent is said in a sentence', () => {
  for (const { frame } of sent) expect(frame.summary).toMatch(/^[A-Z].*\.$/);
});
