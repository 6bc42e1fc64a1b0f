import { EventLog } from '#event-store';
import { inspectMongodb, openMongodbReadModels } from '#read-models';
import { startServersApart } from '../../apart/servers-apart.js';
import type { startNats } from '../../../../standalone/src/servers/nats-server.js';
import { foldAll } from '../fold-all.js';
import { memoryOf } from '../machine.js';

const DATABASE = 'parley';

/** What a log has become. */
export interface Folded {
  readonly seconds: number;
  readonly projectorPeakMb: number | null;
  /** Bytes on the disk, as the database tells of itself. */
  readonly readModels: { readonly documents: number; readonly indexes: number };
  /** Of a gateway that nobody is connected to. */
  readonly gateway: { readonly readySeconds: number; readonly mb: number | null };
}

interface Log {
  readonly nats: Awaited<ReturnType<typeof startNats>>;
  readonly env: NodeJS.ProcessEnv;
}

/** Folds a log by one projector into empty read models, and starts a gateway on them. */
export async function foldedOn(
  { nats, env }: Log,
  where: { readonly folder: string; readonly cacheFolder: string; readonly say: (line: string) => void },
): Promise<{ readonly figures: Folded; readonly database: string }> {
  const keys = { KEYS_MASTER_FILE: env['KEYS_MASTER_FILE']! };
  const servers = await startServersApart({ ...where, fresh: true, nats, durable: false, env: keys });
  const log = await EventLog.connect({ servers: nats.url, stream: 'EVENTS', prefix: 'chat', name: 'parley-bench' });
  const readModels = await openMongodbReadModels({ url: servers.mongodb.url, database: DATABASE });
  try {
    const { projector, seconds } = await foldAll(servers, log, readModels);
    const projectorPeakMb = memoryOf(projector.pid!)?.peak ?? null;
    const { taken } = await inspectMongodb({ url: servers.mongodb.url, database: DATABASE });
    const begun = performance.now();
    const gateway = await servers.start('gateway');
    const readySeconds = (performance.now() - begun) / 1_000;
    const figures = {
      ...{ seconds, projectorPeakMb, readModels: taken },
      gateway: { readySeconds, mb: memoryOf(gateway.pid!)?.now ?? null },
    };
    return { figures, database: servers.mongodb.taken };
  } finally {
    await readModels.close();
    await log.close();
    await servers.close();
  }
}
