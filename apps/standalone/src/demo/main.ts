import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, ConfigError, findRunning, loadConfig, type Running } from '#platform';
import { lastOfRoom } from '../apart/history.js';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { developmentSecret } from '../secret.js';
import { gather, quiet, talk } from './conversation.js';
import { testimonies } from './evidence.js';
import { faultsOf } from './verdict.js';

// `npm run demo`: 20 people talk through two gateways; then what each of them saw, the history over HTTP and a fold of
// the log are compared. With --kill, gateways and projector are killed with -9 meanwhile, and started again.

const say = (line: string): void => {
  console.log(line);
};

interface Theatre {
  readonly running: Running;
  readonly secret: string;
  /** Null on a system that was running already. */
  readonly apart: SystemApart | null;
  close(): Promise<void>;
}

/** The system that `npm start` runs, or null. */
function theatreOfRunning(config: Config): Theatre | null {
  const running = findRunning(config.standalone.dataFolder);
  if (!running) return null;
  const secret = config.tokens.secret ?? developmentSecret(config.standalone.dataFolder);
  return { running, secret, apart: null, close: () => Promise.resolve() };
}

/** A system of the demo's own, each role in its own process, on servers and data of its own. */
async function ownTheatre({ standalone: { cacheFolder, dataFolder } }: Config): Promise<Theatre> {
  const folder = join(dataFolder, 'demo');
  const apart = await startSystemApart({ folder, fresh: false, cacheFolder, say });
  return { running: apart.running, secret: apart.secret, apart, close: () => apart.close() };
}

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
  const anybody = cast.speakers[0]!.chatter.seat.token;
  const globalBefore = await lastOfRoom(running.http, 'global', anybody);
  let over = false;
  const killing = kill && apart ? killInTurns(apart, () => over) : Promise.resolve(0);
  await talk(cast, kill ? 500 : 60);
  over = true;
  const kills = await killing;
  if (kills > 0) say(`  ${kills} processes were killed and started again`);
  await quiet(cast);
  say('everybody is done; comparing what each saw, the history and a fold of the log …');
  const all = await testimonies(running, cast, globalBefore, (share) => {
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

const kill = process.argv.includes('--kill');
try {
  const config = loadConfig(process.env, 'standalone');
  let theatre = kill ? null : theatreOfRunning(config);
  if (theatre) say(`on the system that runs on ${config.standalone.dataFolder}`);
  else {
    say(kill ? 'on a system of its own, to kill parts of' : 'no system is running; starting one for the demo');
    theatre = await ownTheatre(config);
  }
  try {
    process.exitCode = (await play(theatre, kill)) ? 0 : 1;
  } finally {
    await theatre.close();
  }
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : `demo: ${(error as Error).message}`);
  process.exitCode = 1;
}
