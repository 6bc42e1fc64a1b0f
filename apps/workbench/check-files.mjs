// A file is a concept, not a class: few are so small that whoever looks for something has to open another one, and most
// are read at a glance. That none has more than 300 lines, ESLint sees to.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SMALL = 25;
/** Of indexes, what is started, and what both sides of an import need: others are a part of something. */
const MOST_SMALL = 33;
const MEDIAN = 80;

const sources = ['apps', 'libs']
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name, 'src')))
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)))
  .filter((path) => /(?<!\.spec|\.d)\.tsx?$/.test(path))
  .map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
  .sort((a, b) => a.lines - b.lines);

const small = sources.filter(({ lines }) => lines < SMALL);
const median = sources[Math.floor(sources.length / 2)].lines;
const complaints = [];
if (small.length > MOST_SMALL) {
  const list = small.map(({ path, lines }) => `  ${lines} ${path}`).join('\n');
  complaints.push(
    `${small.length} files have fewer than ${SMALL} lines, and ${MOST_SMALL} may: give what is in one the home where its ` +
      `one user or its concept lives.\n${list}`,
  );
}
if (median >= MEDIAN)
  complaints.push(`half of all files have ${median} lines or more: it is to be fewer than ${MEDIAN}`);
if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
