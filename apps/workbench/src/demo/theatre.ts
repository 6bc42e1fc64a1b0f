import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '#platform';
import { type Config, loadConfig, type Running, sayRunning, sayStopped } from '#settings';
import { CleanUp } from '../apart/clean-up.js';
import { startSystemApart, type SystemApart } from '../apart/system-apart.js';
import { startLocalSystem } from '../../../standalone/src/local-system.js';
import { endServer } from '../../../standalone/src/servers/process.js';

/** A system with two gateways, on servers and data of its own. */
export interface Theatre {
  /** Where its data is. */
  readonly folder: string;
  readonly running: Running;
  readonly secret: string;
  /** Where each role is in a process of its own, which can be killed. */
  readonly apart: SystemApart | null;
  close(): Promise<void>;
}

type Say = (line: string) => void;

const folderIn = ({ dataFolder }: Config['standalone']): string => join(dataFolder, 'demo');

/**
 * All in this process.
 * @param keep whether its data stays when it is closed, and others may find it meanwhile; else nothing of it is left
 */
export async function theatre(standalone: Config['standalone'], say: Say, keep: boolean): Promise<Theatre> {
  const folder = folderIn(standalone);
  const cleanUp = new CleanUp();
  try {
    // Of a run that was killed.
    await endServer(join(folder, 'nats'), 'nats-server');
    await endServer(join(folder, 'mongodb'), 'mongodb');
    if (!keep)
      cleanUp.add(() => {
        removeFolder(folder);
      });
    removeFolder(folder);
    const secret = randomBytes(36).toString('base64url');
    const own = { PORT: '0', GATEWAYS: '2', PARLEY_DATA: folder, PARLEY_CACHE: standalone.cacheFolder };
    const config = loadConfig({ ...own, JWT_SECRET: secret }, 'standalone');
    const logger = createLogger({ role: 'standalone', logLevel: 'warn' });
    const { system, running } = await startLocalSystem(config, logger, say, (_, stop) => {
      cleanUp.add(stop);
    });
    await system.caughtUp();
    if (keep) {
      sayRunning(folder, running);
      cleanUp.add(() => {
        sayStopped(folder);
      });
    }
    return { folder, running, secret, apart: null, close: () => cleanUp.run() };
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

/** Each role in a process of its own. Nothing of it is left when it is closed. */
export async function theatreApart(standalone: Config['standalone'], say: Say): Promise<Theatre> {
  const folder = folderIn(standalone);
  const cleanUp = new CleanUp();
  cleanUp.add(() => {
    removeFolder(folder);
  });
  try {
    const apart = await startSystemApart({ folder, fresh: true, cacheFolder: standalone.cacheFolder, say });
    cleanUp.add(() => apart.close());
    return { folder, running: apart.running, secret: apart.secret, apart, close: () => cleanUp.run() };
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
