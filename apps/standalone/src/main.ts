import 'reflect-metadata';
import { join } from 'node:path';
import { EventLog } from '#event-store';
import { type AtEnd, type Config, progressBar, runRole, sayRunning, sayStopped, signDevelopmentToken } from '#platform';
import { memoryReadModels, openMongodbReadModels, type ReadModels } from '#read-models';
import { developmentSecret } from './secret.js';
import { startMongodb } from './servers/mongodb-server.js';
import { startNats } from './servers/nats-server.js';
import { startSystem, type System } from './system.js';

// `npm start`: everything in one process, with the servers it needs beside it.

const say = (line: string): void => {
  console.log(line);
};

/** The servers the user named, or ones of our own, and a line for each that says which was taken. */
async function startServers(config: Config, atEnd: AtEnd): Promise<{ nats: string; mongodb: string | null }> {
  const { dataFolder, cacheFolder: cacheDir } = config.standalone;
  let nats = config.nats.url;
  if (nats) say(`NATS: ${nats}, as NATS_URL says`);
  else {
    const server = await startNats({ cacheDir, dataDir: join(dataFolder, 'nats'), log: say });
    atEnd('NATS', () => server.stop());
    nats = server.url;
    say(`NATS: ${server.taken}`);
  }
  if (config.mongodb.url !== undefined) {
    say('MongoDB: as MONGODB_URL says');
    return { nats, mongodb: config.mongodb.url };
  }
  const server = await startMongodb({ cacheDir, dataDir: join(dataFolder, 'mongodb'), log: say });
  if (server) {
    atEnd('MongoDB', () => server.stop());
    say(`MongoDB: ${server.taken}`);
  } else {
    say('MongoDB: none. The read models are kept in memory and built from the log at each start; nothing is lost.');
  }
  return { nats, mongodb: server?.url ?? null };
}

function sayWelcome(config: Config, system: System, secret: string | undefined): void {
  say('');
  say(`Parley is running. Ctrl-C ends it; what was said stays in ${config.standalone.dataFolder}.`);
  say(`  rooms    ${system.gateways.map((address) => `${address}/ws/chat`).join('  ')}`);
  say(`  direct   ${system.gateways.map((address) => `${address}/ws`).join('  ')}`);
  say(`  HTTP     ${system.http}/api`);
  if (secret === undefined) return;
  const [ada, bob] = [
    { userId: '7', name: 'Ada' },
    { userId: '8', name: 'Bob' },
  ].map(({ userId, name }) => signDevelopmentToken(secret, { userId, name, clanId: '3', seconds: 7 * 24 * 3_600 }));
  say('');
  say(`A token for Ada (user 7, clan 3), valid for a week:\n${ada}`);
  say(`A token for Bob (user 8, clan 3):\n${bob}`);
  say('');
  say('To chat, paste one of these lines into each of two more terminals:');
  for (const token of [ada, bob]) say(`npm run --silent chat -- ${token} ${system.gateways[0]}`);
}

await runRole('standalone', async (given, logger, atEnd) => {
  const { dataFolder } = given.standalone;
  const { secret, publicKey } = given.tokens;
  const made = secret === undefined && publicKey === undefined ? developmentSecret(dataFolder) : undefined;
  const config: Config = made === undefined ? given : { ...given, tokens: { ...given.tokens, secret: made } };
  if (made !== undefined) {
    say(`No JWT_SECRET was given: tokens are signed with one made for development, kept in ${dataFolder}.`);
  }
  const servers = await startServers(config, atEnd);
  const log = await EventLog.connect({ ...config.nats, servers: servers.nats, name: 'parley-standalone' });
  atEnd('the log', () => log.close());
  const readModels: ReadModels =
    servers.mongodb === null
      ? memoryReadModels()
      : await openMongodbReadModels({ url: servers.mongodb, database: config.mongodb.database });
  atEnd('the read models', () => readModels.close());
  const system = await startSystem({ config, log, readModels, logger, atEnd });
  await system.projections.caughtUp(progressBar('Building the read models'));
  await system.caughtUp();
  const { stream, prefix } = config.nats;
  const { gateways, http } = system;
  const nats = { servers: servers.nats, stream, prefix };
  sayRunning(dataFolder, { pid: process.pid, gateways, http, nats, mongodb: servers.mongodb });
  atEnd('the word that it runs', () => {
    sayStopped(dataFolder);
    return Promise.resolve();
  });
  sayWelcome(config, system, config.tokens.secret);
  return { ended: system.projections.ended };
});
