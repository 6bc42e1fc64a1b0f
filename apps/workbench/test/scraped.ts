/** What a process tells of itself at one moment. */
export class Scraped {
  constructor(readonly text: string) {}

  static async from(port: number, accept = 'application/openmetrics-text'): Promise<Scraped> {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } });
    if (!answer.ok || !answer.headers.get('content-type')?.startsWith(accept)) throw new Error(`${answer.status}`);
    return new Scraped(await answer.text());
  }

  /** The sum of all samples of a name whose labels hold these; null where there are none. */
  of(name: string, labels: Readonly<Record<string, string>> = {}): number | null {
    const lines = this.text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    const fitting = lines.filter((line) =>
      Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
    );
    if (fitting.length === 0) return null;
    return fitting.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** Every value that a label of a metric has. */
  labels(name: string, label: string): Set<string> {
    const pattern = new RegExp(`^${name}\\{.*\\b${label}="([^"]*)"`, 'gm');
    return new Set([...this.text.matchAll(pattern)].map(([, value]) => value!));
  }

  /** Of our own metrics, as they are called in the table of docs/operations.md. */
  get names(): string[] {
    return [...this.text.matchAll(/^# TYPE (parley_\S+) (\w+)$/gm)].map(([, name, type]) =>
      type === 'counter' ? `${name}_total` : name!,
    );
  }
}
