import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '#settings';
import type { SystemApart } from '../apart/system-apart.js';
import { gather, quiet, talk } from './conversation.js';
import { testimonies } from './evidence.js';
import { type Theatre, theatre, theatreApart } from './theatre.js';
import { faultsOf } from './verdict.js';

// `npm run demo`: 20 people talk through two gateways; then what each of them saw, the history over HTTP and a fold of
// the log are compared. With --kill, gateways and projector are killed with -9 meanwhile, and started again. All on a
// system of its own, which is gone afterwards; with --keep it stays, to be looked at.

const say = (line: string): void => {
  console.log(line);
};

/** Kills one after the other with -9 and starts each again, until the conversation is over. */
async function killInTurns({ gateways, projector }: SystemApart, isOver: () => boolean): Promise<number> {
  const victims = [projector, ...gateways];
  let kills = 0;
  for (; !isOver(); kills++) {
    await sleep(700);
    const victim = victims[kills % victims.length]!;
    say(`  kill -9 ${victim.role} ${victim.http}`);
    await victim.kill();
    await sleep(300);
    await victim.start();
  }
  return kills;
}

async function play({ running, secret, apart }: Theatre, kill: boolean): Promise<boolean> {
  say(`20 people in 2 clans, the global room and 5 direct chats, through ${running.gateways.length} gateway(s) …`);
  const cast = await gather({ gateways: running.gateways, secret });
  let over = false;
  const killing = kill && apart ? killInTurns(apart, () => over) : Promise.resolve(0);
  await talk(cast, kill ? 500 : 60);
  over = true;
  const kills = await killing;
  if (kills > 0) say(`  ${kills} processes were killed and started again`);
  await quiet(cast);
  say('everybody is done; comparing what each saw, the history and a fold of the log …');
  const all = await testimonies(running, cast, (share) => {
    say(`  log folded: ${Math.round(share * 100)} %`);
  });
  const everybody = [...cast.speakers.map(({ chatter }) => chatter), ...cast.chats.flatMap(({ people }) => people)];
  for (const chatter of everybody) chatter.leave();
  const faults = all.flatMap((testimony) => faultsOf(testimony, !kill));
  if (!kill)
    faults.push(...everybody.flatMap(({ seat, errors }) => errors.map((error) => `user ${seat.userId}: ${error}`)));
  for (const { room, history, seen } of all) {
    const sights = seen.reduce((sum, { room: own }) => sum + own.order.length, 0);
    say(`  ${room}: ${history.length} messages, seen ${sights} times by ${seen.length} people`);
  }
  for (const fault of faults) say(`  FAULT ${fault}`);
  const verdict = kill ? 'everything anybody saw is in the history, once, in the order seen' : 'all equal';
  say(faults.length === 0 ? `${verdict}.` : `${faults.length} faults.`);
  return faults.length === 0;
}

/** What can be done with it now; until it is interrupted. */
async function stay({ folder }: Theatre): Promise<never> {
  say('');
  say('It goes on until Ctrl-C. In another terminal in this folder:');
  say(`  PARLEY_DATA=${folder} npx chatctl replay --format table`);
  say(`  PARLEY_DATA=${folder} npx chatctl status`);
  say(`Its data stays in ${folder} until the next demo: PARLEY_DATA=${folder} npm start goes on with it.`);
  return new Promise(() => undefined);
}

/** @throws Error where an argument is not known */
function asked(): { readonly kill: boolean; readonly keep: boolean } {
  const { values } = parseArgs({ options: { kill: { type: 'boolean' }, keep: { type: 'boolean' } } });
  const { kill = false, keep = false } = values;
  if (kill && keep) throw new Error('what --kill leaves cannot be kept: run it with one of the two');
  return { kill, keep };
}

try {
  const { kill, keep } = asked();
  const { standalone } = loadConfig(process.env, 'standalone');
  say(`on a system of its own${kill ? ', to kill parts of' : ''}`);
  const place = await (kill ? theatreApart(standalone, say) : theatre(standalone, say, keep));
  try {
    process.exitCode = (await play(place, kill)) ? 0 : 1;
    if (keep) await stay(place);
  } finally {
    await place.close();
  }
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : `demo: ${(error as Error).message}`);
  process.exitCode = 1;
}
