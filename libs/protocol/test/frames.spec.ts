import { describe, expect, it } from '@jest/globals';
import { Ack, Nack } from '../src/acknowledgement.js';
import { DirectMessageChanged, ResponseMessage } from '../src/direct-frames.js';
import { MessageChanged, NewMessage, NewReaction, RoomError } from '../src/room-frames.js';
import type { ServerFrame } from '../src/shape.js';
import { DirectPresence, RoomPresence, RoomTyping } from '../src/subscription.js';
import { accepts, sent, shapes } from './frame-schemas.js';

// The schemas of what is sent, by examples that are whole and by others that are damaged, and what they say.

type Json = Readonly<Record<string, unknown>>;
type Path = readonly string[];

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** What stands in a value, at every depth, by its place. */
const parts = (value: unknown, at: Path = []): { readonly at: Path; readonly value: unknown }[] =>
  isObject(value)
    ? Object.entries(value).flatMap(([key, part]) => [{ at: [...at, key], value: part }, ...parts(part, [...at, key])])
    : [];

/** The frame with something else at that place; with nothing there for undefined. */
function changed(frame: unknown, [key, ...rest]: Path, to: unknown): unknown {
  const copy = structuredClone(frame) as Record<string, unknown>;
  copy[key!] = rest.length > 0 ? changed(copy[key!], rest, to) : to;
  return JSON.parse(JSON.stringify(copy));
}

/** What a frame may be without. */
const OPTIONAL = new Set([
  ...['clan_id', 'recipient', 'feeling', 'reply_to', 'editedAt', 'edited_at', 'deleted', 'position', 'blocked'],
  ...['snapshot', 'log', 'retry_after', 'until'],
]);
const isOptional = (frame: ServerFrame, at: Path): boolean =>
  OPTIONAL.has(at.at(-1)!) || (frame === Ack && at[0] === 'data' && at.length === 2);

/** One of several, by its number or by the name of a room. */
const isOneOfSome = (at: Path): boolean => /^\d+$/.test(at.at(-1)!) || at.at(-2) === 'rooms';
/** An avatar is what its owner made of it, and an error shows what it was sent. */
const isFree = (at: Path): boolean => at.includes('avatar') || at.at(-1) === 'value';

describe.each(sent)('$name at $path', ({ path, frame, isFrame }) => {
  const places = frame.examples.flatMap((example) => parts(example).map((part) => ({ example, ...part })));
  /** Where a frame would still be one with something else there. */
  const heedless = (of: (typeof places)[number], ...others: unknown[]) =>
    others.filter((other) => isFrame(changed(of.example, of.at, other))).map(() => of.at);

  it('has examples, each of which is one, and of nothing that the endpoint sends else', () => {
    expect(frame.examples).not.toEqual([]);
    const others = sent.filter((other) => other.path === path && other.frame !== frame);
    for (const example of frame.examples) {
      expect([example, isFrame(example)]).toEqual([example, true]);
      expect(others.filter((other) => other.isFrame(example)).map(({ name }) => name)).toEqual([]);
    }
  });

  it('is none without what is always there, or with what nobody knows of', () => {
    for (const { example, at } of places.filter((place) => !isOneOfSome(place.at) && !isFree(place.at.slice(0, -1)))) {
      expect([at, isFrame(changed(example, at, undefined))]).toEqual([at, isOptional(frame, at)]);
    }
    for (const example of frame.examples) expect(isFrame({ ...(example as Json), more: 1 })).toBe(false);
  });

  it('is none with anything of another kind in it', () => {
    const strict = places.filter(({ at }) => !isFree(at));
    expect(strict.flatMap((place) => heedless(place, { more: 1 }, [false], 1.5))).toEqual([]);
    const others = strict.filter(({ value }) => typeof value !== 'number');
    expect(others.flatMap((place) => heedless(place, 7))).toEqual([]);
  });

  it('is none with another word where some are agreed on, or a time that is none', () => {
    const isAgreed = (key: string) => /^(event|chat|type|status|reason|code|snapshot|deleted|additional)$/.test(key);
    const isTime = (key: string) => /(_at|edAt|until)$/.test(key);
    const strict = places.filter(({ at, value }) => isAgreed(at.at(-1)!) || (isTime(at.at(-1)!) && value !== null));
    expect(strict.flatMap((place) => heedless(place, 'other'))).toEqual([]);
  });
});

/** What an example is with something else beside, and whether it is still a frame. */
const isWith = (frame: ServerFrame, more: object): boolean =>
  accepts(frame)({ ...(frame.examples[0] as Json), ...more });
const isWithin = (frame: ServerFrame, field: string, more: object): boolean =>
  isWith(frame, { [field]: { ...((frame.examples[0] as Json)[field] as Json), ...more } });

describe('a frame may be', () => {
  it.each([NewMessage, NewReaction, MessageChanged, RoomTyping])('$name: of either room', (frame) => {
    expect(['global', 'clan', 'direct'].map((chat) => isWith(frame, { chat }))).toEqual([true, true, false]);
  });

  it('of presence in a clan only', () => {
    expect(['global', 'clan'].map((chat) => isWith(RoomPresence, { chat }))).toEqual([false, true]);
  });

  it.each([NewMessage, NewReaction, MessageChanged, ResponseMessage, DirectMessageChanged])(
    '$name: with a position beside it',
    (frame) => {
      expect(isWith(frame, { position: { n: 3, rev: 4 } })).toBe(true);
      expect(isWith(frame, { position: { n: 3 } })).toBe(false);
    },
  );

  it('of a message with or without what only some have', () => {
    const some = {
      reply_to: 'a',
      editedAt: '2026-01-31T12:00:00.000Z',
      deleted: true,
      recipient: '7',
      type: 'private',
    };
    expect(isWithin(NewMessage, 'message', some)).toBe(true);
    expect(isWithin(NewMessage, 'message', { deleted: false })).toBe(false);
    expect(isWithin(NewMessage, 'message', { sender: { _id: '7', name: 'Ada', avatar: { hat: 'red' } } })).toBe(true);
    const direct = { reply_to: 'a', edited_at: '2026-01-31T12:00:00.000Z', deleted: true };
    expect(isWithin(ResponseMessage, 'data', direct)).toBe(true);
    expect(isWithin(ResponseMessage, 'data', { deleted: false })).toBe(false);
  });

  it('of an answer with what only some have', () => {
    expect(isWithin(Nack, 'data', { retry_after: 3, until: '2026-01-31T12:00:00.000Z' })).toBe(true);
    expect(isWithin(Ack, 'data', { chat_id: 9 })).toBe(true);
    expect(isWithin(DirectPresence, 'data', { snapshot: true, offline: [7] })).toBe(true);
  });

  it('of an error with any value of one part, any of the reasons, and with no field', () => {
    const entry = { reason: 'VALIDATION', field: null, value: null, message: 'no', additional: null };
    const isError = (more: object) => accepts(RoomError)({ error: [{ ...entry, ...more }] });
    expect(['x', 7, true, null].map((value) => isError({ value }))).toEqual([true, true, true, true]);
    expect([{}, []].map((value) => isError({ value }))).toEqual([false, false]);
    const reasons = ['REQUIRED', 'VALIDATION', 'NOT_FOUND', 'NOT_AUTHORIZED'];
    expect(reasons.filter((reason) => !isError({ reason }))).toEqual([]);
  });
});

/** Every schema, those within others too. */
const within = shapes.flatMap((shape) => [shape, ...parts(shape).map(({ value }) => value)]).filter(isObject);

describe('what schemas say', () => {
  it('is JSON, and each description a sentence', () => {
    expect(within.flatMap(Object.entries).filter(([, value]) => value === undefined)).toEqual([]);
    const said = within.flatMap(({ description }) => (typeof description === 'string' ? description : []));
    expect(said.length).toBeGreaterThan(20);
    expect(said.filter((text) => !/^\S.*\.$/.test(text))).toEqual([]);
  });

  it('is of each field that is not always there, when it is; and of each of several objects, which one it is', () => {
    const objects = within.filter((schema) => schema['type'] === 'object' && isObject(schema['properties']));
    const unsaid = objects.flatMap(({ properties, required, description }) =>
      Object.entries(properties as Record<string, Json>).filter(
        ([name, field]) => !(required as string[] | undefined)?.includes(name) && !field['description'] && !description,
      ),
    );
    expect(unsaid).toEqual([]);
    const several = within.flatMap(({ oneOf }) => (Array.isArray(oneOf) ? (oneOf as Json[]) : []));
    expect(several.filter(({ type, description }) => type === 'object' && !description)).toEqual([]);
  });
});
