/** A statement could not be run: the message says why, and what to do. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';
}

const HINTS: readonly (readonly [RegExp, (text: string) => boolean, string])[] = [
  [
    /^Parser Error/,
    (text) => /(?<!")\bat\b(?!")/i.test(text),
    'write "at" in quotes where the column of events is meant: at is a word of SQL',
  ],
  [/^Catalog Error: Table/, () => true, '`.tables` in the prompt, or "show tables", names what there is'],
  [
    /^Permission Error/,
    () => true,
    'files are out of reach here; what is to be kept goes to standard output: --format csv, json or parquet, and `> FILE`',
  ],
];

/** What DuckDB says of a statement, and a hint. What is no fault of a statement is handed back as it is. */
export function explained(error: unknown, text: string): unknown {
  if (error instanceof StatementFailed) return error;
  const message = String((error as Error | undefined)?.message)
    .replace(/^Failed to extract statements: /, '')
    .trimEnd();
  if (!/^[A-Z][A-Za-z ]+(?:Error|Exception)?: |^INTERRUPT/.test(message)) return error;
  const hint = HINTS.find(([pattern, holds]) => pattern.test(message) && holds(text));
  return new StatementFailed(hint ? `${message}\n${hint[2]}` : message, { cause: error });
}
