import 'reflect-metadata';
import { runRole } from '#platform';
import { type Config, progressBar, sayRunning, sayStopped } from '#settings';
import { startLocalSystem } from './local-system.js';
import { developmentSecret } from './secret.js';
import { isWanted, openPage, pageOf, welcome } from './welcome.js';

// `npm start`: everything in one process, with the servers it needs beside it.

const say = (line: string): void => {
  console.log(line);
};

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
  for (const line of welcome(system, dataFolder, made)) say(line);
  const isSeen = isWanted(config.standalone.browser, process.env, process.stdout.isTTY, process.platform);
  if (made !== undefined && isSeen) await openPage(pageOf(system.http));
  return { ended: system.projections.ended };
});
