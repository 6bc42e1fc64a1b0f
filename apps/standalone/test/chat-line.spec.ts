import { describe, expect, it } from '@jest/globals';
import { HELP, readChatLine } from '../src/chat-line.js';

const toAll = (content: string) => ({ do: 'send', event: 'globalMessage', content });
const toClan = (content: string) => ({ do: 'send', event: 'clanMessage', content });

describe('a line in the chat', () => {
  it.each([
    ['hello', toAll('hello')],
    ['  hello / help ', toAll('  hello / help ')],
    ['/clan hello', toClan('hello')],
    ['/clan /help', toClan('/help')],
    ['//help', toAll('/help')],
    ['//', toAll('/')],
    ['///x', toAll('//x')],
    ['', { do: 'nothing' }],
    ['  \t', { do: 'nothing' }],
    ['/quit', { do: 'quit' }],
    ['/help', { do: 'tell', text: HELP }],
    ['/help me', { do: 'tell', text: HELP }],
  ])('%j', (line, asked) => {
    expect(readChatLine(line)).toEqual(asked);
  });

  it.each(['/hlep', '/', '/ help', '/Quit', '/clanhello', '/clan', '/clan  '])('%j is sent to nobody', (line) => {
    const asked = readChatLine(line);
    expect(asked.do).toBe('tell');
    expect(asked).toHaveProperty('text', expect.stringContaining(HELP));
  });
});
