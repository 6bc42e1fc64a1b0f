import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type DomainEvent, GLOBAL_ROOM, keySequence } from '#domain';
import { EventLog } from '#event-store';
import { firstVersion, openMongodbReadModels, type ReadModels, withNextVersion } from '#read-models';
import { Runner, Timeline, timeline } from '../src/index.js';
import { drop } from '../../read-models/test/drop.js';
import { until } from './read-models-under-test.js';

const url = process.env['TEST_MONGODB_URL'];
const nextKey = keySequence(randomBytes(8));

const posted = (content: string): DomainEvent => {
  const key = nextKey();
  const sender = { id: '1', name: 'Ada', avatar: null };
  const at = '2026-01-02T03:04:05.678Z';
  return { type: 'MessageCreated', room: GLOBAL_ROOM, id: `msg.${key}`, at, messageId: key, sender, content };
};

(url === undefined ? describe.skip : describe)('runners of a projection', () => {
  const suffix = randomUUID().slice(0, 8);
  const said: string[] = [];
  const quiet = () => undefined;
  let database: string;
  let log: EventLog;
  let readModels: ReadModels;
  let runners: Runner<unknown>[];

  beforeEach(async () => {
    said.length = 0;
    database = `runner_${randomUUID().slice(0, 8)}`;
    const servers = process.env['TEST_NATS_URL'] ?? '';
    log = await EventLog.connect({ servers, stream: `R_${suffix}`, prefix: `r_${suffix}`, name: 'runner test' });
    readModels = await openMongodbReadModels({ url: url!, database });
    const logger = { log: quiet, warn: quiet, error: (line: string) => said.push(line) };
    runners = ['one', 'two'].map((owner) => new Runner({ projection: timeline, log, readModels, owner, logger }));
  });

  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.stop()));
    await log.close();
    await readModels.close();
  });

  const versions = async () => (await readModels.versions.read('timeline'))!;
  const lastN = (version: number) => new Timeline(readModels.projection('timeline', version)).lastN(GLOBAL_ROOM);
  const allOwned = () => runners.flatMap(({ owned }) => owned).length === 16;

  it('begin the first version with the number of the moment', async () => {
    const before = Date.now() - 1_000;
    for (const runner of runners) void runner.start();
    await until('they run', allOwned);
    const { number } = (await versions()).serving;
    const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(String(number))!;
    const [year, month, day, hour, minute, second] = parts.map(Number);
    const at = Date.UTC(year!, month! - 1, day, hour, minute, second);
    expect(at).toBeGreaterThanOrEqual(before - 1_000);
    expect(at).toBeLessThanOrEqual(Date.now());
  });

  it('begin one other version together where the checkpoints are gone, and delete what is left of the lost one', async () => {
    await readModels.versions.replace('timeline', firstVersion(timeline.format, 1));
    for (const runner of runners) void runner.start();
    await until('they run', allOwned);
    await log.append(posted('before'));
    await until('folded', async () => (await lastN(1)) >= 1);
    const told = await lastN(1);
    // What was being built beside it is lost with it.
    await readModels.versions.replace('timeline', withNextVersion(await versions(), timeline.format));
    await drop(url!, database, 'checkpoints');
    await log.append(posted('after'));
    await until('another one is served', async () => (await versions()).serving.number > 2);
    const { serving, building, old, highest } = await versions();
    expect({ building, old, highest }).toEqual({ building: null, old: [], highest: serving.number });
    await until('it is folded from the beginning', async () => (await lastN(serving.number)) === told + 1);
    await until('both fold it', allOwned);
    await until('nothing is left of the lost one', async () => (await lastN(1)) === 0);
    expect((await versions()).serving).toEqual(serving);
    expect(said.filter((line) => line.includes('is folded from the beginning'))).toHaveLength(1);
  });
});
