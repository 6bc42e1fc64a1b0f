/** What a line typed into the chat asks for. */
export type ChatLine =
  | { readonly do: 'send'; readonly event: 'globalMessage' | 'clanMessage'; readonly content: string }
  | { readonly do: 'tell'; readonly text: string }
  | { readonly do: 'quit' }
  | { readonly do: 'nothing' };

export const HELP = 'A line goes to everybody. /clan hello: to your clan. //hello: a line that begins with "/". /quit';

/** What begins with a slash is a command and stays here, also one that there is not. */
export function readChatLine(line: string): ChatLine {
  if (line.trim() === '') return { do: 'nothing' };
  if (line.startsWith('//')) return { do: 'send', event: 'globalMessage', content: line.slice(1) };
  if (!line.startsWith('/')) return { do: 'send', event: 'globalMessage', content: line };
  const [, command = '', content = ''] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
  if (command === 'clan' && content !== '') return { do: 'send', event: 'clanMessage', content };
  if (command === 'quit') return { do: 'quit' };
  if (command === 'help') return { do: 'tell', text: HELP };
  const fault = command === 'clan' ? '/clan what?' : `There is no command /${command}, and nothing was sent.`;
  return { do: 'tell', text: `${fault} ${HELP}` };
}
