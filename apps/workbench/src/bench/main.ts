import { ConfigError, loadConfig } from '#settings';
import { appends } from './appends.js';
import { backup } from './backup.js';
import { encryption } from './encryption.js';
import { erasure } from './erasure.js';
import { idle } from './idle.js';
import { load } from './load.js';
import { page } from './page.js';
import { pages } from './pages.js';
import { UsageError } from './options.js';
import { questions } from './questions.js';
import { projection } from './projection.js';
import { replay } from './replay.js';
import { retention } from './retention.js';
import { smoke } from './smoke.js';
import { stalled } from './stalled.js';
import { storm } from './storm.js';

// `npm run bench:smoke` and its like. What they measure and print: docs/benchmarks.md.

/** Each answers whether what it measured is as it must be. Figures go to standard output, all else to the other. */
const benchmarks = {
  smoke,
  load,
  idle,
  page,
  pages,
  projection,
  stalled,
  storm,
  encryption,
  erasure,
  appends,
  replay,
  questions,
  backup,
  retention,
};

const [name = '', ...args] = process.argv.slice(2);
const benchmark = Object.entries(benchmarks).find(([known]) => known === name)?.[1];
try {
  if (!benchmark) throw new UsageError(`which benchmark? ${Object.keys(benchmarks).join(' or ')}`);
  process.exitCode = (await benchmark(loadConfig(process.env, 'standalone').standalone, args)) ? 0 : 1;
} catch (error) {
  const usage = error instanceof UsageError;
  console.error(usage || error instanceof ConfigError ? error.message : `bench: ${(error as Error).message}`);
  process.exitCode = usage ? 2 : 1;
}
