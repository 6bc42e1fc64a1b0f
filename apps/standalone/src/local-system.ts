import { join } from 'node:path';
import type { ConsoleLogger } from '@nestjs/common';
import { EventLog } from '#event-store';
import { type AtEnd, LogFigures, ReadModelFigures, startMetrics } from '#platform';
import { type Config, logOf, type Running } from '#settings';
import { memoryReadModels, openMongodbReadModels } from '#read-models';
import { developmentKeys } from './secret.js';
import { startMongodb } from './servers/mongodb-server.js';
import { OwnNats } from './servers/own-nats.js';
import { startSystem, type System } from './system.js';

/** All of Parley in this process, and how others reach it. */
export interface LocalSystem {
  readonly system: System;
  readonly running: Running;
}

type Say = (line: string) => void;

interface Servers {
  readonly nats: string;
  /** Null where somebody else runs it. */
  readonly ownNats: OwnNats | null;
  readonly mongodb: string | null;
}

/** The servers that the configuration names, or ones of our own, and a line for each that says which was taken. */
async function startServers(config: Config, say: Say, atEnd: AtEnd): Promise<Servers> {
  const { dataFolder, cacheFolder: cacheDir } = config.standalone;
  let nats = config.nats.url;
  let ownNats: OwnNats | null = null;
  if (nats) say(`NATS: ${nats}, as NATS_URL says`);
  else {
    const server = await OwnNats.start({ cacheDir, dataDir: join(dataFolder, 'nats'), log: say });
    atEnd('NATS', () => server.stop());
    nats = server.url;
    ownNats = server;
    say(`NATS: ${server.taken}`);
  }
  if (config.mongodb.url !== undefined) {
    say('MongoDB: as MONGODB_URL says');
    return { nats, ownNats, mongodb: config.mongodb.url };
  }
  const server = await startMongodb({ cacheDir, dataDir: join(dataFolder, 'mongodb'), log: say });
  if (server) {
    atEnd('MongoDB', () => server.stop());
    say(`MongoDB: ${server.taken}`);
  } else {
    say('MongoDB: none. The read models are kept in memory and built from the log at each start; nothing is lost.');
  }
  return { nats, ownNats, mongodb: server?.url ?? null };
}

/** Starts it, with the servers it needs beside it; what is in the log may not be in the read models yet. */
export async function startLocalSystem(
  config: Config,
  logger: ConsoleLogger,
  say: Say,
  atEnd: AtEnd,
  developmentSecret?: string,
): Promise<LocalSystem> {
  const metrics = await startMetrics(config, atEnd);
  const servers = await startServers(config, say, atEnd);
  const { stream, prefix, encryption } = config.nats;
  const { encrypts, standalone } = config;
  const keysFile = encryption ? undefined : developmentKeys(standalone.dataFolder, encrypts);
  if (keysFile !== undefined && encrypts) {
    say(`No KEYS_MASTER was given: the log is encrypted with a key made for development, kept in ${keysFile}.`);
  }
  const nats = { servers: servers.nats, stream, prefix, ...(keysFile !== undefined && { keysFile }) };
  const observer = metrics && new LogFigures(metrics);
  const options = { ...config.nats, ...logOf({ nats }, encrypts), name: 'parley-standalone' };
  const log = await EventLog.connect({ ...options, ...(observer && { observer }) });
  atEnd('the log', () => log.close());
  observer?.follow(log);
  const readModels =
    servers.mongodb === null
      ? memoryReadModels()
      : await openMongodbReadModels({
          ...{ url: servers.mongodb, database: config.mongodb.database },
          ...(metrics && { observer: new ReadModelFigures(metrics) }),
        });
  atEnd('the read models', () => readModels.close());
  const { ownNats } = servers;
  const system = await startSystem({ config, log, readModels, logger, atEnd, metrics, developmentSecret, ownNats });
  const { gateways, http } = system;
  return { system, running: { pid: process.pid, gateways, http, nats, mongodb: servers.mongodb } };
}
