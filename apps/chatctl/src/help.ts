import { usages } from './usage.js';

/** What there is, a line a command. */
export function helpOfAll(): string {
  const width = Math.max(...Object.keys(usages).map((name) => name.length));
  const lines = Object.entries(usages).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `chatctl: the command line of Parley

${lines.join('\n')}

\`chatctl COMMAND --help\` says how each is called, with examples. All but token, schema and webhook test work on the
servers that NATS_URL and MONGODB_URL name, or, without NATS_URL, on those of the standalone that runs on PARLEY_DATA.
Exit status 2: wrong words, or a server that cannot be reached.
`;
}

/** How one is called; null where there is none of that name. */
export function helpOf(name: string): string | null {
  const usage = Object.hasOwn(usages, name) ? usages[name] : undefined;
  if (!usage) return null;
  const { forms, summary, more = [], examples } = usage;
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}\n`).join('');
  const form = (text: string) => (text.startsWith(' ') ? `        ${text}` : `chatctl ${text}`);
  const example = (text: string) => `chatctl ${text}`;
  return `${indented(forms.map(form))}\n${indented([summary, ...more])}\n${indented(examples.map(example))}`;
}
