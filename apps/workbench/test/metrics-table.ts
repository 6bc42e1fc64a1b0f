import type { Described } from '#platform';

/** Metrics as docs/operations.md shows them, a row of Markdown each. */
export function metricsTable(described: readonly Described[]): string {
  const rows = described.map(({ name, type, labels = [], help }) => {
    const told = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${told} | ${help} |`;
  });
  return ['| metric | type | labels | what it says |', '|---|---|---|---|', ...rows].join('\n');
}
