import type { Fault } from './faults.js';
import type { Moment } from './probe.js';

/** What somebody saw of a fault: from its beginning until all that waited was acknowledged again. */
export function seen(moments: readonly Moment[], fault: Fault, now: number): string {
  const at = moments.findLast((one) => one.at <= fault.from);
  const during = moments.filter((one) => one.at > fault.from && one.at <= endOf(moments, fault, now));
  const all = [...(at ? [at] : []), ...during];
  const most = Math.max(0, ...all.map(({ waiting }) => waiting));
  const lost = all.filter((one, i) => i > 0 && !one.isConnected && all[i - 1]!.isConnected).length;
  const away = all.reduce((sum, one, i) => {
    const until = all[i + 1]?.at ?? endOf(moments, fault, now);
    return one.isConnected ? sum : sum + until - Math.max(one.at, fault.from);
  }, 0);
  const words = [
    lost > 0 ? `away for ${seconds(away)}${all.at(-1)?.isConnected ? ', resumed' : ''}` : 'connected throughout',
    most > 1 ? `up to ${most} waited` : 'nothing had to wait for long',
  ];
  return words.join('; ');
}

/** Until it is mended, and from then on until the client is connected and nothing waits any more but what was just said. */
function endOf(moments: readonly Moment[], { until }: Fault, now: number): number {
  if (until === null) return now;
  const isWell = ({ isConnected, waiting }: Moment) => isConnected && waiting <= 1;
  const then = moments.findLast((one) => one.at <= until);
  if (then && isWell(then)) return until;
  return moments.find((one) => one.at > until && isWell(one))?.at ?? now;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
