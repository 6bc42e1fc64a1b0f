import { PARTITIONS } from '#domain';
import { RebuildRefused } from '#projections';
import { IN_MAIL } from '#protocol';
import { versionName } from '#read-models';
import type { EventLog, LetterPlace, LogRecord, StoredLetter } from '#event-store';
import { type Command, readOptions } from '../command.js';
import { projectionNamed } from '../projection-version.js';
import { foldableLetters } from '../rebuild/letters.js';
import { rebuildAndServe } from '../rebuild/rebuild.js';
import { type Servers, withDatabase, withServers } from '../servers.js';
import { UsageError } from '../usage.js';

const OPTIONS = { json: { type: 'boolean' }, yes: { type: 'boolean' } } as const;

/** `chatctl dead-letters list | show … | drop … | refold …`: the events that a projection could not take in. */
export const deadLetters: Command = async (args, surroundings) => {
  const { env, out } = surroundings;
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { json = false, yes = false } = values;
  const [action, ...words] = positionals;
  const print = (shown: object, text: string) => out.write(`${json ? JSON.stringify(shown) : text}\n`);
  if (action === 'list') {
    if (words.length > 0) throw new UsageError('dead-letters list takes no more words');
    await withServers(env, async ({ log }) => {
      for await (const letter of log.letters.all()) {
        const shown = await told(log, letter);
        print(shown, lineOf(shown));
      }
    });
    return 0;
  }
  if (action === 'refold') {
    if (words[0] === IN_MAIL) throw new UsageError(`what ${IN_MAIL} lacks is sent again by \`chatctl webhook resend\``);
    const projection = projectionNamed(words.length > 1 ? words.join(' ') : words[0]);
    return withDatabase(env, 'refold rebuilds in MongoDB', async (servers) => {
      const { name } = projection;
      const building = (await servers.readModels.versions.read(name))?.building;
      if (building) {
        throw new RebuildRefused(
          `${versionName(name, building.number)} is half built, and may lack the same events: finish it with ` +
            `\`chatctl rebuild ${name}\`, or remove it with \`chatctl versions remove ${name} ${building.number} --yes\``,
        );
      }
      const foldable = await foldableLetters(servers.log, projection);
      if (foldable > 0) return rebuildAndServe(servers, projection, surroundings, json);
      throw new RebuildRefused(
        `this release can fold none of the dead letters of ${projection.name}: their reasons say what it lacks`,
      );
    });
  }
  if (action !== 'show' && action !== 'drop') {
    throw new UsageError('dead-letters is followed by list, show, drop or refold');
  }
  const place = placeOf(words);
  if (action === 'show') {
    return withServers(env, async (servers) => {
      const shown = await withRecord(servers, place);
      print(shown, pageOf(shown));
      return 0;
    });
  }
  if (!yes) throw new UsageError('drop deletes the letter for good: say --yes');
  return withServers(env, async ({ log }) => {
    if (!(await log.letters.drop(place))) throw noSuchLetter(place);
    print({ dropped: place }, `dropped the letter ${textOf(place)}; its event stays in the log`);
    return 0;
  });
};

/** A letter as it is printed. `type` is null where the log has no such record. */
interface ToldLetter extends LetterPlace {
  readonly reason: string;
  /** When it was put aside, ISO 8601. */
  readonly at: string;
  /** The type of the event, as the record says. */
  readonly type: string | null;
}

async function told(log: EventLog, letter: StoredLetter): Promise<ToldLetter> {
  return toldWith(letter, await log.recordAt(letter.seq));
}

function toldWith({ projection, partition, seq, reason, at }: StoredLetter, record: LogRecord | null): ToldLetter {
  return { projection, partition, seq, reason, at: new Date(at).toISOString(), type: record?.type ?? null };
}

async function withRecord({ log }: Servers, place: LetterPlace): Promise<ToldLetter & { record: LogRecord | null }> {
  const letter = await log.letters.at(place);
  if (!letter) throw noSuchLetter(place);
  const record = await log.recordAt(letter.seq);
  return { ...toldWith(letter, record), record };
}

function placeOf(words: readonly string[]): LetterPlace {
  const [projection, partition, seq] = words;
  if (projection === undefined || partition === undefined || seq === undefined || words.length > 3) {
    throw new UsageError('say which letter: PROJECTION PARTITION SEQ, as dead-letters list shows them');
  }
  if (!/^\d+$/.test(partition) || Number(partition) >= PARTITIONS) {
    throw new UsageError(`PARTITION is a number from 0 to ${PARTITIONS - 1}`);
  }
  if (!/^[1-9]\d{0,14}$/.test(seq)) throw new UsageError('SEQ is the sequence of an event, a number from 1');
  return { projection, partition: Number(partition), seq: Number(seq) };
}

const noSuchLetter = (place: LetterPlace) => new UsageError(`there is no dead letter ${textOf(place)}`);

const textOf = ({ projection, partition, seq }: LetterPlace): string => `${projection} ${partition} ${seq}`;

const lineOf = ({ at, type, reason, ...place }: ToldLetter): string =>
  `${textOf(place)}  ${at}  ${type || 'no type'}  ${reason}`;

function pageOf({ record, ...letter }: ToldLetter & { record: LogRecord | null }): string {
  const lines = [`letter   ${textOf(letter)}`, `put      ${letter.at}`, `reason   ${letter.reason}`];
  if (!record) return [...lines, 'record   none: the log has nothing at this sequence'].join('\n');
  const { room, kind, id, type, version, at, body, texts } = record;
  return [
    ...lines,
    `stored   ${new Date(at).toISOString()}`,
    `room     ${room ?? 'none that could be read'}`,
    `event    ${type || 'no type'}, version ${version}, kind ${kind}`,
    `id       ${id || 'none'}`,
    `body     ${body}`,
    ...(texts === undefined ? [] : [`sealed   ${texts ?? 'of somebody who was erased'}`]),
  ].join('\n');
}
