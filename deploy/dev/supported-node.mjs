// Which Node this project runs on, and how it gets one. Read by old Nodes too: nothing here is newer than Node 12.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const isWindows = process.platform === 'win32';
const PROGRAM = join('node_modules/node/bin', isWindows ? 'node.exe' : 'node');

const numbersOf = (version) => [0, 1, 2].map((at) => parseInt(version.split('.')[at] || '0', 10));

const compare = (one, other) => one.map((number, at) => number - other[at]).find((difference) => difference !== 0) || 0;

/**
 * Whether a version such as 24.15.0 is in a range such as `^22.22.3 || >=26`.
 * @throws Error where the range says more than `^` and `>=`
 */
export function isSupported(version, range) {
  const numbers = numbersOf(version);
  return range.split('||').some((part) => {
    const match = /^ *(\^|>=)(\d[\d.]*) *$/.exec(part);
    if (match === null) throw new Error(`engines.node in package.json: "${part}" is not understood`);
    const least = numbersOf(match[2]);
    return compare(numbers, least) >= 0 && (match[1] === '>=' || numbers[0] === least[0]);
  });
}

/**
 * Goes on with `run` where this Node is a supported one; else starts the same program anew on one that npm brings, and
 * ends as that ends.
 */
export function onSupportedNode(run) {
  const range = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8')).engines.node;
  if (isSupported(process.versions.node, range)) return run();
  const version = fs.readFileSync(join(root, '.nvmrc'), 'utf8').trim();
  const folder = join(cacheFolder(), 'node', version);
  console.error(
    `This is Node ${process.versions.node}, and Parley needs ${range}: ` +
      `it runs on Node ${version} from npm's package \`node\`, in ${folder}.`,
  );
  try {
    return startOn(installed(version, folder));
  } catch (error) {
    console.error(`Node ${version} cannot be had: ${error.message}\nGet it from https://nodejs.org and try again.`);
    process.exit(1);
  }
}

function cacheFolder() {
  const given = (process.env.PARLEY_CACHE || '').trim();
  return resolve((given || '~/.cache/parley').replace(/^~(?=$|\/)/, homedir()));
}

/** The program of a Node in the folder; it is installed there once. */
function installed(version, folder) {
  const program = join(folder, PROGRAM);
  if (fs.existsSync(program)) return program;
  fs.mkdirSync(dirname(folder), { recursive: true });
  // Whole or not at all, whoever else installs it at this moment.
  const draft = fs.mkdtempSync(`${folder}-`);
  try {
    install(version, draft);
    fs.renameSync(draft, folder);
  } catch (error) {
    if (!fs.existsSync(program)) throw error;
  } finally {
    if (fs.existsSync(draft)) (fs.rmSync || fs.rmdirSync)(draft, { recursive: true });
  }
  return program;
}

function install(version, folder) {
  // npm's package `node` fetches the program for this platform in its install script.
  const wanted = { private: true, dependencies: { node: version }, allowScripts: { node: true } };
  fs.writeFileSync(join(folder, 'package.json'), JSON.stringify(wanted));
  const options = { cwd: folder, encoding: 'utf8', shell: isWindows };
  const npm = spawnSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund'], options);
  if (npm.error) throw npm.error;
  if (npm.status !== 0)
    throw new Error(`npm install node@${version} failed:
${npm.stdout}${npm.stderr}`);
  execFileSync(join(folder, PROGRAM), ['--version']);
}

/** Starts this program anew, with `npm` and whatever else it starts on the same Node. */
function startOn(program) {
  process.env.PATH = dirname(program) + delimiter + process.env.PATH;
  const handed = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // Before the child is there: a signal between its start and these would end this process only.
  for (const signal of handed) {
    process.on(signal, () => {
      // A terminal's Ctrl-C reaches the child by itself, and a second one would end it at once.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  const child = spawn(program, process.execArgv.concat(process.argv.slice(1)), { stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(`${program}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const each of handed) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}
