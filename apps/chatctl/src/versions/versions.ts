import { consumersPrefix, type Projection } from '#projections';
import { type ReadModels, type Version, versionName, type Versions, withoutBuilding, withoutOld } from '#read-models';
import { type Command, readOptions } from '../command.js';
import { projectionNamed, projections } from '../projection-version.js';
import { type ServersWithDatabase, withDatabase } from '../servers.js';
import { UsageError } from '../usage.js';

const OPTIONS = { json: { type: 'boolean' }, yes: { type: 'boolean' } } as const;

/** `chatctl versions list | remove …`: the versions of the projections that MongoDB holds. */
export const versionsCommand: Command = async (args, { env, out }) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { json = false, yes = false } = values;
  const [action, ...words] = positionals;
  if (action === 'list') {
    if (words.length > 0) throw new UsageError('versions list takes no more words');
    return withDatabase(env, 'versions are kept in MongoDB', async ({ readModels }) => {
      for (const projection of projections) {
        for (const shown of await versionsOf(readModels, projection)) {
          const { version, format, state } = shown;
          const text = `${versionName(projection.name, version)}  format ${format}  ${state}`;
          out.write(`${json ? JSON.stringify(shown) : text}\n`);
        }
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
    await remove(servers, projection, Number(number));
    const removed = { projection: projection.name, version: Number(number) };
    out.write(`${json ? JSON.stringify({ removed }) : `removed ${versionName(projection.name, Number(number))}`}\n`);
    return 0;
  });
};

interface ShownVersion {
  readonly projection: string;
  readonly version: number;
  readonly format: number;
  readonly state: 'served' | 'being built' | 'old';
}

async function versionsOf(readModels: ReadModels, { name }: Projection<unknown>): Promise<ShownVersion[]> {
  const versions = await readModels.versions.read(name);
  if (!versions) return [];
  const { old, serving, building } = versions;
  const shown = (state: ShownVersion['state']) => (version: Version) => {
    const { number, format } = version;
    return { projection: name, version: number, format, state };
  };
  return [...old.map(shown('old')), shown('served')(serving), ...(building ? [shown('being built')(building)] : [])];
}

/** Given up first, so that no rebuild goes on with it; the documents go before the mention of them. */
async function remove(
  { log, readModels }: ServersWithDatabase,
  projection: Projection<unknown>,
  number: number,
): Promise<void> {
  const { name } = projection;
  const found = (await versionsOf(readModels, projection)).find(({ version }) => version === number);
  if (!found) throw new UsageError(`there is no version ${number} of ${name}: see \`chatctl versions list\``);
  if (found.state === 'served') {
    throw new UsageError(`${versionName(name, number)} is the one that is served: rebuild ${name} first`);
  }
  const workers = await log.workers.of(versionName(name, number));
  if (workers.length > 0) {
    throw new UsageError(`${versionName(name, number)} is at work in ${workers.join(', ')}: stop that first`);
  }
  if (found.state === 'being built') await change(readModels, name, withoutBuilding);
  await readModels.remove(name, number);
  await log.removeConsumers(consumersPrefix(versionName(name, number)));
  await change(readModels, name, (versions) => withoutOld(versions, number));
}

async function change({ versions: registry }: ReadModels, name: string, to: (now: Versions) => Versions) {
  for (;;) {
    const now = await registry.read(name);
    if (!now || (await registry.replace(name, to(now)))) return;
  }
}
