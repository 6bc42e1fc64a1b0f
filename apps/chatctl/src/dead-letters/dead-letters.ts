import { PARTITIONS } from '#domain';
import type { LetterPlace, LogRecord } from '#event-store';
import { letterWithRecord, refold, type ToldLetter, toldLetters } from '#operations';
import { IN_MAIL } from '#protocol';
import { type Command, readOptions } from '../command.js';
import { projectionNamed } from '../versions/versions.js';
import { rebuildAndTell } from '../rebuild/rebuild.js';
import { withDatabase, withServers } from '../servers.js';
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
      for await (const letter of toldLetters(log)) print(letter, lineOf(letter));
    });
    return 0;
  }
  if (action === 'refold') {
    if (words[0] === IN_MAIL) throw new UsageError(`what ${IN_MAIL} lacks is sent again by \`chatctl webhook resend\``);
    const projection = projectionNamed(words.length > 1 ? words.join(' ') : words[0]);
    return withDatabase(env, 'refold rebuilds in MongoDB', (servers) =>
      rebuildAndTell(refold, servers, projection, surroundings, json),
    );
  }
  if (action !== 'show' && action !== 'drop') {
    throw new UsageError('dead-letters is followed by list, show, drop or refold');
  }
  const place = placeOf(words);
  if (action === 'show') {
    return withServers(env, async ({ log }) => {
      const shown = await letterWithRecord(log, place);
      if (!shown) throw noSuchLetter(place);
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
