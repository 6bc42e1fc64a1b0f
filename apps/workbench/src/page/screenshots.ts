import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadConfig } from '#settings';
import { launchBrowser } from './browser.js';
import { type Picture, PICTURES, takePictures } from './pictures.js';
import { startStandalone } from './standalone.js';

// `npm run screenshots`: the pictures of the README, of a system that is started for it and gone afterwards.

const all = Object.keys(PICTURES) as Picture[];
const { values, positionals } = parseArgs({
  options: { into: { type: 'string', default: 'docs/pictures' } },
  allowPositionals: true,
});
const which = positionals.length === 0 ? all : all.filter((picture) => positionals.includes(picture));
if (which.length < positionals.length) {
  console.error(`usage: npm run screenshots -- [--into docs/pictures] [${all.join('] [')}]`);
  process.exit(2);
}
mkdirSync(values.into, { recursive: true });
const browser = await launchBrowser();
try {
  const standalone = await startStandalone(loadConfig(process.env, 'standalone').standalone, 'screenshots');
  try {
    await takePictures(browser, standalone.running.http, values.into, which);
  } finally {
    await standalone.close();
  }
} finally {
  await browser.close();
}
console.log(`${values.into}: ${which.map((picture) => `${picture}-light.png, ${picture}-dark.png`).join(', ')}`);
