import { writeFile } from 'node:fs/promises';
import { type Command, readOptions } from '../command.js';
import { Output } from '../output.js';
import { SOURCE_OPTIONS, withDatabase } from '../sql/source.js';
import { UsageError } from '../usage.js';
import { charts } from './charts.js';
import { figuresOf } from './figures.js';
import { pageOf } from './page.js';

const OPTIONS = { ...SOURCE_OPTIONS, out: { type: 'string' } } as const;

/** `chatctl report`: what an export, or the log, says, as a page. */
export const reportCommand: Command = async (args, surroundings) => {
  const { out: file, ...source } = readOptions(args, OPTIONS).values;
  const draw = await charts();
  const interruption = surroundings.interrupted();
  return withDatabase(source, surroundings, interruption, async (database) => {
    const page = pageOf(await figuresOf(database), draw, new Date());
    if (file === undefined) {
      const output = new Output(surroundings.out);
      await output.write(page);
      await output.end();
      return 0;
    }
    await writeFile(file, page).catch((error: unknown) => {
      throw new UsageError(`--out ${file}: ${(error as Error).message}`);
    });
    return 0;
  });
};
