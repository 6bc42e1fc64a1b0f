import { RetryableError } from '#domain';
import type { ClockReading, EventLog } from '#event-store';
import { loadConfig } from '#settings';
import { inspectMongodb, type MongodbFound, openMongodbReadModels, type ReadModels } from '#read-models';
import { type Command, readOptions } from '../command.js';
import { plain } from '../output.js';
import { type DatabasePlace, withLogAndPlace } from '../servers.js';
import { UsageError } from '../usage.js';
import { checkClocks, checkRoles, readRole } from './clocks.js';
import { checkConsumers } from './consumers.js';
import { type Finding, Findings } from './finding.js';
import { checkSync, monitored } from './monitor.js';
import { checkCheckpoints, checkLetters } from './read-models.js';
import { checkRights } from './rights.js';
import { checkRoom, disksOf, growth } from './room.js';
import { checkEvents, checkVersions } from './versions.js';

const OPTIONS = {
  json: { type: 'boolean' },
  monitor: { type: 'string' },
  roles: { type: 'string' },
} as const;

/** Exit statuses: of problems, and where there are but warnings. */
const PROBLEMS = 1;
const WARNINGS = 3;

/** `chatctl doctor`: what goes wrong in practice, a line each, and what to do. */
export const doctorCommand: Command = async (args, { env, out }) => {
  const { values } = readOptions(args, OPTIONS);
  const [monitors, roles] = [urlsOf('monitor', values.monitor), urlsOf('roles', values.roles)];
  return withLogAndPlace(env, async (log, place) => {
    const findings = await examine(log, place, { env, monitors, roles });
    out.write(values.json ? `${JSON.stringify({ findings })}\n` : findings.map(lineOf).join(''));
    if (findings.some(({ level }) => level === 'problem')) return PROBLEMS;
    return findings.some(({ level }) => level === 'warning') ? WARNINGS : 0;
  });
};

interface Asked {
  readonly env: NodeJS.ProcessEnv;
  readonly monitors: readonly string[];
  readonly roles: readonly string[];
}

async function examine(
  log: EventLog,
  place: DatabasePlace | null,
  { env, monitors, roles }: Asked,
): Promise<Finding[]> {
  const { inspection } = log;
  const { replicas, synced } = loadConfig(env, 'chatctl').nats;
  const servers = await Promise.all(monitors.map(monitored));
  const readings = await Promise.all(roles.map(readRole));
  const database = await openedAt(place);
  const { models, found } = database;
  const clocks = new Map<string, ClockReading>();
  try {
    const checks: [string, () => Promise<Findings> | Findings][] = [
      ['streams', () => checkStreams(log, replicas)],
      ['sync', () => checkSync(servers, synced, replicas)],
      ['mongodb', () => database.findings],
      ['roles', () => checkRoles(readings)],
      [
        'clocks',
        async () => {
          clocks.set('NATS', await inspection.clock());
          if (found?.clock) clocks.set('MongoDB', found.clock);
          for (const { url, clock } of readings) if (clock) clocks.set(url, clock);
          return checkClocks(clocks);
        },
      ],
      ['versions', () => checkVersions(inspection.server.version, found?.version ?? null)],
      ['events', () => checkEvents(log)],
      ['rights', () => checkRights(log, env)],
      [
        'room',
        async () => {
          const own = await inspection.rooms();
          const rooms = [...own, ...(await disksOf(servers)), ...(found?.disk ? [found.disk] : [])];
          return checkRoom(rooms, await growth(log));
        },
      ],
      ...(models ? [['checkpoints', () => checkCheckpoints(log, models)] as [string, () => Promise<Findings>]] : []),
      ['consumers', () => checkConsumers(log, models)],
      ['letters', () => checkLetters(log)],
    ];
    const all: Finding[] = [];
    for (const [name, check] of checks) all.push(...(await attempted(name, check)));
    return all;
  } finally {
    await models?.close();
  }
}

/** One that cannot be made does not keep the others from being made. */
async function attempted(name: string, check: () => Promise<Findings> | Findings): Promise<readonly Finding[]> {
  try {
    return (await check()).all;
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    return new Findings(name).fail(`it cannot be looked at: ${error.message}`, 'see that its server is up').all;
  }
}

async function checkStreams({ inspection }: EventLog, replicas: number): Promise<Findings> {
  const findings = new Findings('streams');
  for (const line of await inspection.differences(replicas)) {
    // Slower, or less safe, and nothing is lost.
    const isMild = line.includes('.allow_atomic ') || line.includes('.num_replicas ');
    const todo = line.includes('projector makes it')
      ? 'start one'
      : line.includes('chatctl restore')
        ? 'finish that first'
        : `\`nats stream edit\`, as docs/operations.md says of allow_atomic`;
    if (isMild) findings.warn(line, todo);
    else findings.fail(line, todo);
  }
  return findings.okUnless('all six are as they should be');
}

interface Opened {
  readonly models: ReadModels | null;
  readonly found: MongodbFound | null;
  readonly findings: Findings;
}

async function openedAt(place: DatabasePlace | null): Promise<Opened> {
  const findings = new Findings('mongodb');
  if (place === null) {
    findings.warn(
      'no MongoDB is known here: what is folded cannot be looked at',
      'set MONGODB_URL, where there is one',
    );
    return { models: null, found: null, findings };
  }
  try {
    const options = { ...place, timeoutMs: 5_000 };
    const found = await inspectMongodb(options);
    return { models: await openMongodbReadModels(options), found, findings: findings.ok('it answers') };
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    findings.fail(`it does not answer: ${error.message}`, 'see that it is up, and that MONGODB_URL is right');
    return { models: null, found: null, findings };
  }
}

/** @throws UsageError */
function urlsOf(option: string, text: string | undefined): string[] {
  const urls = text === undefined ? [] : text.split(',').map((url) => url.trim());
  for (const url of urls) {
    if (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url)) {
      throw new UsageError(`--${option} is URLs with commas between them, such as http://127.0.0.1:8222, not ${url}`);
    }
  }
  return urls;
}

const lineOf = ({ check, level, says, todo }: Finding): string =>
  `${level.padEnd(7)}  ${check.padEnd(11)}  ${plain(says)}${todo === '' ? '' : ` → ${todo}`}\n`;
