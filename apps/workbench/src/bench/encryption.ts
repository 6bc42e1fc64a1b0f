import { createSecretKey, randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { clanRoom, decodeEvent, type DomainEvent, encodeApart, encodeEvent, keySequence } from '#domain';
import type { Config } from '#settings';
import { cipher } from '#event-store';
import { Options } from './options.js';
import { median, rounded } from './quantiles.js';

const USAGE = 'usage: npm run bench:encryption -- [--events 20000] [--rounds 15] [--json]';
const TEXT = 'the quick brown fox jumps over the lazy dog, and the dog does not mind at all';

interface Way {
  readonly name: 'sealed before it is stored' | 'opened as it is read';
  readonly plain: () => unknown;
  readonly sealed: () => unknown;
}

/**
 * What an event costs more in CPU, in the gateway and in the projector, where its texts are sealed: pairs of runs side by
 * side, plain and sealed in turns. Needs no servers.
 */
export function encryption(_folders: Config['standalone'], args: readonly string[]): Promise<boolean> {
  const options = new Options(args, ['events', 'rounds'], ['json'], USAGE);
  const count = options.number('events', 20_000, 1_000, 1_000_000);
  const rounds = options.number('rounds', 15, 3, 1_000);
  const figures = waysOf(message()).map(({ name, plain, sealed }) => {
    const pairs = Array.from({ length: rounds }, (_, round) => {
      const both = [plain, sealed] as const;
      const [first, second] = round % 2 === 0 ? both : ([sealed, plain] as const);
      const [one, other] = [cpuOf(first, count), cpuOf(second, count)];
      return round % 2 === 0 ? { plain: one, sealed: other } : { plain: other, sealed: one };
    });
    return {
      name,
      plain: median(pairs.map((pair) => pair.plain)),
      sealed: median(pairs.map((pair) => pair.sealed)),
      more: median(pairs.map((pair) => pair.sealed - pair.plain)),
    };
  });
  if (options.flag('json')) console.log(JSON.stringify({ events: count, rounds, figures, machine: machine() }));
  else {
    for (const { name, plain, sealed, more } of figures) {
      const [a, b, c] = [plain, sealed, more].map((value) => rounded(value, 2));
      console.log(
        `${name}: ${c} µs of CPU more for each event (plain ${a} µs, sealed ${b} µs; medians of ${rounds} pairs)`,
      );
    }
    console.log(machine());
  }
  return Promise.resolve(true);
}

const machine = (): string => `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;

function message(): DomainEvent {
  const key = keySequence(randomBytes(8))();
  return {
    ...{ type: 'MessageCreated', room: clanRoom('3'), id: `msg.${key}`, at: new Date().toISOString(), messageId: key },
    ...{ sender: { id: '7', name: 'Ada Lovelace', avatar: null }, content: TEXT, feeling: 'happy' },
  };
}

function waysOf(event: DomainEvent): Way[] {
  const key = createSecretKey(randomBytes(32));
  const context = `${event.room} ${event.id} ${event.type} 2 7.1f0c9a52d4e3b871`;
  const plain = encodeEvent(event);
  const apart = encodeApart(event)!;
  const sealed = cipher.seal(key, apart.texts, context);
  return [
    {
      name: 'sealed before it is stored',
      plain: () => encodeEvent(event),
      sealed: () => {
        const { stored, texts } = encodeApart(event)!;
        return `${stored.body.slice(0, -1)},"sealed":"${cipher.seal(key, texts, context)}"}`;
      },
    },
    {
      name: 'opened as it is read',
      plain: () => decodeEvent(plain, 1),
      sealed: () => decodeEvent({ ...apart.stored, texts: cipher.open(key, sealed, context) }, 1),
    },
  ];
}

/** In µs for each. */
function cpuOf(work: () => unknown, count: number): number {
  for (let i = 0; i < count / 10; i++) work();
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
