import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { downloadVerified } from './download.js';
import { answersWith } from './network.js';
import { identify, isAlive } from './process-identity.js';
import { findServer, startServer, type Log, type RunningServer, type ServerKind } from './process.js';
import { findOnPath, isExecutable, makeCacheFolder, messageOf, run, versionOf } from './programs.js';

const VERSION = 'v2.15.1';
const OLDEST: [number, number] = [2, 14];
const RELEASES = 'https://github.com/nats-io/nats-server/releases/download';
const GO_TIMEOUT_MS = 300_000;
const PROGRAM = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';

export interface ObtainNatsOptions {
  cacheDir: string;
  log: Log;
  /** This release and no other, whatever is on the PATH: `v2.15.1`. */
  version?: string;
  /** Where releases are downloaded from: `<releases>/<version>/<file>`. */
  releases?: string;
}

export interface StartNatsOptions extends ObtainNatsOptions {
  dataDir: string;
  port?: number | undefined;
  /** Whether what is acknowledged also survives a power cut. Default true; tests go without, as it costs time. */
  durable?: boolean;
  /** Further lines of its configuration. */
  more?: readonly string[];
  /** Further lines of the block `jetstream`. */
  moreJetStream?: readonly string[];
}

/**
 * A nats-server 2.14 or later: the one on the PATH, one got earlier, the release for this platform, or one built
 * with the Go toolchain, in this order. If there is none, the error says what to do.
 */
export async function obtainNats(options: ObtainNatsOptions): Promise<{ path: string; taken: string }> {
  const wanted = options.version ?? VERSION;
  const onPath = options.version === undefined ? findOnPath('nats-server') : null;
  const version = onPath && (await versionOf(onPath, OLDEST));
  if (onPath && version) return { path: onPath, taken: `nats-server ${version} on the PATH` };

  const folder = join(options.cacheDir, 'nats-server', wanted);
  const path = join(folder, PROGRAM);
  if (isExecutable(path)) return { path, taken: `nats-server ${wanted.slice(1)} from the cache` };

  makeCacheFolder(folder);
  const failures: string[] = [];
  for (const [source, get] of [
    ['its release', getRelease],
    ['Go', buildWithGo],
  ] as const) {
    const temporary = temporaryFolder(folder);
    try {
      await get(temporary, options);
      renameSync(join(temporary, PROGRAM), path);
      return { path, taken: `nats-server ${wanted.slice(1)}, got from ${source}` };
    } catch (error) {
      failures.push(`  ${source}: ${messageOf(error)}`);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  }
  throw new Error(
    [
      `There is no nats-server 2.14 or later on the PATH, and none could be got:`,
      ...failures,
      'Install it from https://nats.io/download so that it is on the PATH, or set NATS_URL to a running one.',
    ].join('\n'),
  );
}

/** A folder of this process. Those of processes that were killed are deleted. */
function temporaryFolder(parent: string): string {
  const prefix = 'new-';
  for (const name of readdirSync(parent)) {
    const isAbandoned = name.startsWith(prefix) && !isAlive(name.slice(prefix.length));
    if (isAbandoned) rmSync(join(parent, name), { recursive: true, force: true });
  }
  const folder = join(parent, prefix + (identify(process.pid) ?? ''));
  mkdirSync(folder);
  return folder;
}

/**
 * Runs nats-server with JetStream, its data in `dataDir`. One that serves it since an earlier process was killed is
 * taken over.
 */
export async function startNats(options: StartNatsOptions): Promise<RunningServer> {
  const { dataDir, port } = options;
  const kind: ServerKind = {
    name: 'nats-server',
    dataDir,
    port,
    url: (at) => `nats://127.0.0.1:${at}`,
    answers: (at) => answersWith(at, isReadyForJetStream),
  };
  const found = await findServer(kind);
  if (found) return found;
  const { path, taken } = await obtainNats(options);
  return startServer(kind, taken, (at) => {
    const file = join(dataDir, 'nats-server.conf');
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(file, configuration(at, options));
    return { file: path, args: ['--config', file] };
  });
}

function configuration(
  port: number,
  { dataDir, durable = true, more = [], moreJetStream = [] }: StartNatsOptions,
): string {
  return [
    `listen: "127.0.0.1:${port}"`,
    'max_payload: 1MB',
    ...more,
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(dataDir, 'jetstream'))}`,
    ...(durable ? ['  # An acknowledged message is on the disk.', '  sync_interval: always'] : []),
    ...moreJetStream.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}

/** The server speaks first: one line, INFO and a JSON object. */
function isReadyForJetStream(received: Buffer): boolean {
  const line = received.toString('utf8');
  return line.startsWith('INFO ') && line.includes('"jetstream":true');
}

async function getRelease(
  folder: string,
  { log, releases = RELEASES, version = VERSION }: ObtainNatsOptions,
): Promise<void> {
  const platforms: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
  const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };
  const platform = platforms[process.platform];
  const architecture = architectures[process.arch];
  if (!platform || !architecture) throw new Error(`there is none for ${process.platform} on ${process.arch}`);

  const name = `nats-server-${version}-${platform}-${architecture}`;
  const archive = name + (platform === 'windows' ? '.zip' : '.tar.gz');
  log(`downloading nats-server ${version}`);
  const content = await downloadVerified(`${releases}/${version}/${archive}`, `${releases}/${version}/SHA256SUMS`, log);
  writeFileSync(join(folder, archive), content);
  // The tar of Windows and of macOS reads zip files, too.
  await run('tar', ['-xf', join(folder, archive), '-C', folder], { timeoutMs: 30_000 });
  renameSync(join(folder, name, PROGRAM), join(folder, PROGRAM));
}

async function buildWithGo(folder: string, { log, version = VERSION }: ObtainNatsOptions): Promise<void> {
  const go = findOnPath('go');
  if (!go) throw new Error('no Go toolchain on the PATH');
  log(`building nats-server ${version} with Go, which takes a minute`);
  await run(go, ['install', `github.com/nats-io/nats-server/v2@${version}`], {
    timeoutMs: GO_TIMEOUT_MS,
    env: { GOBIN: folder, CGO_ENABLED: '0' },
  });
}
