import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { expect, it, jest } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { CuttableProxy } from '../../event-store/test/cuttable-proxy.js';
import { openMongodbReadModels } from '../src/index.js';

const MONGODB_URL = process.env['TEST_MONGODB_URL'];

/** What the driver has of its own to look whether a server is there. */
interface Monitor {
  readonly connection: { readonly socket: Socket } | null;
  requestCheck(): void;
}

interface Watched {
  readonly topology: { readonly s: { readonly servers: ReadonlyMap<string, { readonly monitor: Monitor }> } };
}

(MONGODB_URL === undefined ? it.skip : it)(
  'finds a server again whose connections went just while they were written to',
  async () => {
    const connect = jest.spyOn(MongoClient.prototype, 'connect');
    const proxy = await CuttableProxy.start(MONGODB_URL!);
    const url = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    const database = `cut-${randomBytes(4).toString('hex')}`;
    const readModels = await openMongodbReadModels({ url, database, timeoutMs: 2_000 });
    const client = connect.mock.contexts[0] as MongoClient;
    connect.mockRestore();
    const [server] = (client as unknown as Watched).topology.s.servers.values();
    const { monitor } = server!;
    // It does not look more often than each half a second.
    await new Promise((resolve) => setTimeout(resolve, 600));
    // Gone, and not yet said to be: in this moment it is asked whether the server is there.
    monitor.connection!.socket.destroy();
    monitor.requestCheck();
    proxy.cut();
    await expect(readModels.versions.read('timeline')).rejects.toThrow("the read models' server is away");
    proxy.mend();
    const begun = performance.now();
    while (performance.now() - begun < 15_000) {
      const isThere = await readModels.versions.read('timeline').then(
        () => true,
        () => false,
      );
      if (isThere) break;
    }
    expect(await readModels.versions.read('timeline')).toBeNull();
    await readModels.close();
    await proxy.stop();
  },
);
