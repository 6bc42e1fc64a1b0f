import 'reflect-metadata';
import { type Config, progressBar, runRole, sayRunning, sayStopped, signDevelopmentToken } from '#platform';
import { startLocalSystem } from './local-system.js';
import { developmentSecret } from './secret.js';
import type { System } from './system.js';

// `npm start`: everything in one process, with the servers it needs beside it.

const say = (line: string): void => {
  console.log(line);
};

/** @param made the secret for development; where tokens are signed with another, whoever signs them gives them out */
function sayWelcome(config: Config, system: System, made: string | undefined): void {
  say('');
  say(`Parley is running. Ctrl-C ends it; what was said stays in ${config.standalone.dataFolder}.`);
  say(`  rooms    ${system.gateways.map((address) => `${address}/ws/chat`).join('  ')}`);
  say(`  direct   ${system.gateways.map((address) => `${address}/ws`).join('  ')}`);
  say(`  HTTP     ${system.http}/api`);
  say('');
  if (made === undefined) {
    say(`To chat, with a token of yours: npm run --silent chat -- TOKEN ${system.gateways[0]}`);
    return;
  }
  const [ada, bob] = [
    { userId: '7', name: 'Ada' },
    { userId: '8', name: 'Bob' },
  ].map(({ userId, name }) => signDevelopmentToken(made, { userId, name, clanId: '3', seconds: 7 * 24 * 3_600 }));
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
  const { system, running } = await startLocalSystem(config, logger, say, atEnd, made);
  await system.projections.caughtUp(progressBar('Building the read models'));
  await system.caughtUp();
  sayRunning(dataFolder, running);
  atEnd('the word that it runs', () => {
    sayStopped(dataFolder);
    return Promise.resolve();
  });
  sayWelcome(config, system, made);
  return { ended: system.projections.ended };
});
