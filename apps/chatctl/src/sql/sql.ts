import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type Command, readOptions } from '../command.js';
import { Output } from '../output.js';
import { UsageError } from '../usage.js';
import type { Database } from './database.js';
import { type FormatName, formats, print } from './printed.js';
import { prompt } from './prompt.js';
import { SOURCE_OPTIONS, withDatabase } from './source.js';

const OPTIONS = { ...SOURCE_OPTIONS, format: { type: 'string', default: 'table' } } as const;

/** `chatctl sql`: asks an export, or the log, with SQL. */
export const sqlCommand: Command = async (args, surroundings) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { format, ...source } = values;
  const [statement, ...more] = positionals;
  if (more.length > 0) throw new UsageError('put the statement into quotes, as one word');
  if (!isFormat(format)) throw new UsageError(`--format must be ${formats.join(', ')}, not ${format}`);
  const { out } = surroundings;
  if (format === 'parquet') {
    if (statement === undefined) throw new UsageError('--format parquet is for one statement: sql "select …"');
    if ((out as { readonly isTTY?: boolean }).isTTY)
      throw new UsageError('--format parquet is not for a terminal: > FILE');
  }
  const output = new Output(out);
  const interruption = surroundings.interrupted();
  return withDatabase(source, surroundings, interruption, async (database, folder) => {
    const stop = () => {
      database.interrupt();
    };
    output.closed.addEventListener('abort', stop);
    try {
      if (statement === undefined) {
        const run = (text: string) => tell(database, text, format, output);
        const signal = AbortSignal.any([interruption, output.closed]);
        return (await prompt(surroundings, { run, stop, signal })) > 0 && !surroundings.input.isTTY ? 1 : 0;
      }
      if (format === 'parquet') {
        const path = join(folder, 'answer.parquet');
        await database.writeParquet(statement, path);
        for await (const chunk of createReadStream(path)) await output.write(chunk as Uint8Array);
      } else await tell(database, statement, format, output);
      await output.end();
      return 0;
    } catch (error) {
      // Nobody reads any more.
      if (output.closed.aborted) return 0;
      throw error;
    }
  });
};

const isFormat = (name: string): name is FormatName => (formats as readonly string[]).includes(name);

async function tell(database: Database, text: string, format: FormatName, output: Output): Promise<void> {
  if (format === 'parquet') return;
  for await (const result of database.run(text)) await print(result, format, output);
}
