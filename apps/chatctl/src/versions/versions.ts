import { allProjections, allVersions, removeVersion } from '#operations';
import { versionName } from '#read-models';
import type { Projection } from '#projections';
import { type Command, readOptions } from '../command.js';
import { withDatabase } from '../servers.js';
import { UsageError } from '../usage.js';

/** @throws UsageError where there is none of that name */
export function projectionNamed(name: string | undefined): Projection<unknown> {
  const projection = allProjections.find((one) => one.name === name);
  if (projection) return projection;
  const names = allProjections.map((one) => one.name).join(', ');
  throw new UsageError(
    name === undefined ? `say which projection: ${names}` : `there is no projection ${name}: ${names}`,
  );
}

const OPTIONS = { json: { type: 'boolean' }, yes: { type: 'boolean' } } as const;

/** `chatctl versions list | remove …`: the versions of the projections that MongoDB holds. */
export const versionsCommand: Command = async (args, { env, out }) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { json = false, yes = false } = values;
  const [action, ...words] = positionals;
  if (action === 'list') {
    if (words.length > 0) throw new UsageError('versions list takes no more words');
    return withDatabase(env, 'versions are kept in MongoDB', async ({ readModels }) => {
      for (const shown of await allVersions(readModels)) {
        const { projection, version, format, state } = shown;
        const text = `${versionName(projection, version)}  format ${format}  ${state}`;
        out.write(`${json ? JSON.stringify(shown) : text}\n`);
      }
      return 0;
    });
  }
  if (action !== 'remove') throw new UsageError('versions is followed by list or remove');
  const [name, number, ...more] = words;
  const projection = projectionNamed(name);
  if (number === undefined || !/^[1-9]\d{0,14}$/.test(number) || more.length > 0) {
    throw new UsageError('say which version: PROJECTION VERSION, such as timeline 1');
  }
  if (!yes) throw new UsageError('remove deletes the documents of that version: say --yes');
  return withDatabase(env, 'versions are kept in MongoDB', async (servers) => {
    await removeVersion(servers, projection, Number(number));
    const removed = { projection: projection.name, version: Number(number) };
    out.write(`${json ? JSON.stringify({ removed }) : `removed ${versionName(projection.name, Number(number))}`}\n`);
    return 0;
  });
};
