import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CLOSE } from '#protocol';
import { Closings, protocolClosing } from '../src/socket/closings.js';
import { DIRECT_CHAT } from '../src/socket/endpoint.js';
import { Traffic } from '../src/traffic.js';

let warned: string[];
let debugged: string[];

beforeEach(() => {
  jest.useFakeTimers();
  [warned, debugged] = [[], []];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: string) => warned.push(line));
  jest.spyOn(Logger.prototype, 'debug').mockImplementation((line: string) => debugged.push(line));
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

it('says why a connection was ended, at a level that fits', () => {
  const closings = new Closings(new Traffic());
  for (const closing of Object.values(CLOSE)) closings.tell(DIRECT_CHAT, '7', closing);
  expect(warned.map((line) => / (\d{4}): /.exec(line)?.[1])).toEqual(['1009', '1011', '4002', '4008', '4009', '4010']);
  expect(debugged).toEqual(['/ws of user "7" was closed with 4001: token expired']);
});

it('is not flooded by those who come back and are closed again', () => {
  const closings = new Closings(new Traffic());
  for (let i = 0; i < 1_000; i++) closings.tell(DIRECT_CHAT, '7', CLOSE.tooManyFrames);
  expect(warned).toHaveLength(20);
  jest.advanceTimersByTime(10_000);
  expect(warned.slice(20)).toEqual([expect.stringMatching(/^980 more within 10 s, the last: .*4009/)]);
});

it.each([
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
  ['WS_ERR_INVALID_UTF8', 1007],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
  ['WS_ERR_EXPECTED_MASK', 1002],
])('knows the code that ws closes with on %s', (code, expected) => {
  expect(protocolClosing(Object.assign(new Error('why'), { code }))).toEqual({ code: expected, reason: 'why' });
});
