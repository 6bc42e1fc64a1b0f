import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../standalone/src/servers/network.js';
import type { RoleName } from './role-process.js';

/** The rules that are deployed. */
const RULES = 'deploy/observe/prometheus/rules';
const START_LIMIT_MS = 30_000;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

export interface PrometheusOptions {
  readonly folder: string;
  /** Where each process tells of itself. */
  readonly targets: readonly { readonly role: RoleName; readonly port: number }[];
  /** By how much all spans of the rules are shorter than those that are deployed: what takes hours takes minutes. */
  readonly speed: number;
}

interface Answer<T> {
  readonly data: T;
}

/** A Prometheus of our own, with the rules that are deployed, in which time runs faster. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  /** @throws Error where there is no Prometheus on the PATH, or it does not start */
  static async start({ folder, targets, speed }: PrometheusOptions): Promise<Prometheus> {
    mkdirSync(join(folder, 'rules'), { recursive: true });
    for (const name of readdirSync(RULES)) {
      writeFileSync(join(folder, 'rules', name), faster(readFileSync(join(RULES, name), 'utf8'), speed));
    }
    const scraped = targets.map(({ role, port }) => ({ targets: [`127.0.0.1:${port}`], labels: { role } }));
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules/*.yml'],
      scrape_configs: [{ job_name: 'parley', static_configs: scraped }],
    };
    // JSON is YAML.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const port = await freePort();
    const log = openSync(join(folder, 'prometheus.log'), 'a');
    const args = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`];
    const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], {
      stdio: ['ignore', log, log],
    });
    const failed = Promise.withResolvers<never>();
    child.once('error', () => {
      failed.reject(new Error('there is no prometheus on the PATH: Debian has the package `prometheus`'));
    });
    child.once('exit', (code) => {
      failed.reject(new Error(`prometheus ended with ${code}: its log is in ${folder}`));
    });
    failed.promise.catch(() => undefined);
    const stop = async (): Promise<void> => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    };
    const url = `http://127.0.0.1:${port}`;
    try {
      await Promise.race([failed.promise, untilReady(url)]);
    } catch (error) {
      await stop();
      throw error;
    }
    return new Prometheus(url, stop);
  }

  /** The alerts that fire, by name and severity: `ParleyRoleDown critical`. */
  async firing(): Promise<Set<string>> {
    const { alerts } = await this.ask<{ alerts: { state: string; labels: Record<string, string> }[] }>('alerts');
    const names = alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
    return new Set(names.map(({ alertname = '', severity = '' }) => `${alertname} ${severity}`));
  }

  /** How many seconds it takes until it fires, or does not any more; null where it does not come to that in time. */
  async until(alert: string, fires: boolean, limitSeconds: number): Promise<number | null> {
    const beganAt = performance.now();
    for (;;) {
      const seconds = (performance.now() - beganAt) / 1_000;
      if ((await this.firing()).has(alert) === fires) return seconds;
      if (seconds > limitSeconds) return null;
      await sleep(250);
    }
  }

  /** The highest of the values that it has now; null for none. */
  async value(expr: string): Promise<number | null> {
    const { result } = await this.ask<{ result: { value: [number, string] }[] }>(
      `query?query=${encodeURIComponent(expr)}`,
    );
    const values = result.map(({ value }) => Number(value[1])).filter((value) => !Number.isNaN(value));
    return values.length === 0 ? null : Math.max(...values);
  }

  private async ask<T>(what: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${what}`);
    if (!response.ok) throw new Error(`prometheus: ${response.status} ${await response.text()}`);
    return ((await response.json()) as Answer<T>).data;
  }
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await isReady(url))) {
    if (Date.now() > deadline) throw new Error(`prometheus does not answer at ${url}`);
    await sleep(100);
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    return false;
  }
}

/** The spans of rules are in brackets, and behind `for:`. */
function faster(rules: string, speed: number): string {
  return rules.replaceAll(/(?<=\[|for: )(\d+)([smh])\b/g, (_, count: string, unit: string) => {
    const milliseconds = (Number(count) * SECONDS[unit]! * 1_000) / speed;
    return `${Math.round(milliseconds)}ms`;
  });
}
