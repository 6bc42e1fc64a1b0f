import { PassThrough } from 'node:stream';
import { expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { refuseUpgrade } from '../src/socket/upgrade-refusal.js';

it('the log is not flooded by upgrades that fail for a fault of ours', () => {
  jest.useFakeTimers();
  const lines: unknown[] = [];
  jest.spyOn(Logger.prototype, 'error').mockImplementation((line: unknown) => lines.push(line));
  const answers = Array.from({ length: 100 }, () => {
    const socket = new PassThrough();
    refuseUpgrade(socket, new Error('a secret'));
    return String(socket.read());
  });
  expect(lines).toHaveLength(20);
  expect(lines[0]).toContain('a secret');
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 500 (?!.*a secret)/s);
  jest.useRealTimers();
  jest.restoreAllMocks();
});
