import type { Evidence } from './evidence.js';
import { type ClusterFault, clusterFaults, type Episode } from './cluster-faults.js';
import { nothingAckedIsLost } from './invariants/acknowledged.js';
import { type Finding, finding } from './invariants/finding.js';

/** What became of one kind of fault, all times that it was brought about together. */
export interface KindReport {
  readonly kind: ClusterFault;
  readonly times: number;
  /** Commands and orders that were acknowledged while it lasted. */
  readonly acked: number;
  /** For so long at most nothing was, ms. */
  readonly silenceMs: number;
  /** Once it was mended, at most, ms; null where it took too long once. */
  readonly caughtUpMs: number | null;
  /** Until each server had all there is, at most, ms. */
  readonly wholeMs: number;
  readonly violations: readonly string[];
}

/** What held, kind by kind: of what was acknowledged during a fault nothing is lost, and nothing is there twice. */
export function reportOf(episodes: readonly Episode[], evidence: Evidence): KindReport[] {
  const kinds = [...new Set(episodes.map(({ kind }) => kind))];
  const shown = timesShown(evidence);
  return kinds.map((kind) => {
    const own = episodes.filter((episode) => episode.kind === kind);
    const during = evidenceDuring(own, evidence);
    const { count: acked, violations: lost } = nothingAckedIsLost(during);
    const doubled = during.histories.flatMap(({ commands }) =>
      commands.flatMap(({ content }) =>
        content !== null && (shown.get(content) ?? 0) > 1 ? [`${content} twice`] : [],
      ),
    );
    const late = own.filter(({ caughtUpMs }) => caughtUpMs === null);
    const violations = [...lost.map((each) => `lost: ${each}`), ...doubled, ...late.map(() => 'not caught up in time')];
    return {
      ...{ kind, times: own.length, acked, violations },
      silenceMs: Math.max(...own.map((episode) => longestSilence(episode, evidence))),
      wholeMs: Math.max(...own.map(({ wholeMs }) => wholeMs ?? 0)),
      caughtUpMs: late.length > 0 ? null : Math.max(...own.map(({ caughtUpMs }) => caughtUpMs!)),
    };
  });
}

/** I15: a server that is cut off from the others acknowledges nothing. */
export const nothingAckedAlone = (asked: number, acked: readonly string[]): Finding =>
  finding(
    'I15',
    'times a server that was cut off was asked to store something, and acknowledged nothing',
    asked,
    acked.map((id) => `${id} was acknowledged by a server that was cut off`),
  );

export const lineOf = ({ kind, times, acked, silenceMs, caughtUpMs, wholeMs, violations }: KindReport): string =>
  `${violations.length === 0 ? '  ok  ' : ' FAIL '} ${clusterFaults[kind]}, ${times} times: ` +
  `${acked} acknowledged meanwhile, ${violations.length} of them lost or doubled; none was for ` +
  `${(silenceMs / 1_000).toFixed(1)} s at most; ` +
  (caughtUpMs === null ? 'lag was not 0 within 30 s' : `lag 0 after ${(caughtUpMs / 1_000).toFixed(1)} s at most`) +
  (wholeMs > 0 ? `, each server up to date after ${(wholeMs / 1_000).toFixed(1)} s` : '');

const isWithin = (at: number | null, episodes: readonly Episode[]): boolean =>
  at !== null && episodes.some(({ from, to }) => at >= from && at <= to);

function evidenceDuring(episodes: readonly Episode[], evidence: Evidence): Evidence {
  const histories = evidence.histories.map((history) => ({
    ...history,
    commands: history.commands.filter(({ ackedAs, endedAt }) => ackedAs !== null && isWithin(endedAt, episodes)),
  }));
  return { ...evidence, histories, orders: evidence.orders.filter(({ endedAt }) => isWithin(endedAt, episodes)) };
}

/** How often each text is in the read model. */
function timesShown({ rooms }: Evidence): Map<string, number> {
  const times = new Map<string, number>();
  for (const messages of rooms.values()) {
    for (const { text } of messages) if (text !== '') times.set(text, (times.get(text) ?? 0) + 1);
  }
  return times;
}

function longestSilence({ from, to }: Episode, { histories }: Evidence): number {
  const ends = histories
    .flatMap(({ commands }) => commands.flatMap(({ ackedAs, endedAt }) => (ackedAs === null ? [] : [endedAt!])))
    .filter((at) => at > from && at < to)
    .sort((a, b) => a - b);
  return [...ends, to].reduce((longest, at, i) => Math.max(longest, at - (ends[i - 1] ?? from)), 0);
}
