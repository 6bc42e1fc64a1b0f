import { PARTITIONS } from '#domain';
import type { PartitionReport, ProjectionReport, StatusReport } from '#operations';
import { table } from '../output.js';

// A page of 80 columns and 24 lines for two projections: they stand side by side, workers are letters.

/** @returns the page, a text for each line */
export function pageOf({ streams, projections, neverRun, inMail }: StatusReport): string[] {
  const blocks = projections.map(block);
  return [
    ...table([
      ['stream', 'records', 'size', 'first', 'last'],
      ...streams.map(({ name, messages, bytes, firstSeq, lastSeq }) => [
        name,
        String(messages),
        size(bytes),
        String(firstSeq),
        String(lastSeq),
      ]),
    ]),
    '',
    ...projections.map(workersLine),
    ...(neverRun.length > 0 ? [`never run here: ${neverRun.join(', ')}`] : []),
    ...(inMail ? [`in-mail webhook: ${inMail.lagEvents} messages wait, ${inMail.deadLetters} dead letters`] : []),
    ...(blocks.length > 0 ? ['', ...sideBySide([partitionNumbers(), ...blocks])] : []),
  ];
}

const letter = (worker: number): string => String.fromCharCode(97 + (worker % 26)).repeat(1 + Math.floor(worker / 26));

function workersLine({ projection, building, workers }: ProjectionReport): string {
  const named = workers.map((worker, i) => `${letter(i)} ${worker}`).join(', ');
  return `${projection}${building ? ' (being built)' : ''}: ${named || 'nobody is at work on it'}`;
}

const partitionNumbers = (): string[] => [
  '',
  ...table([['p'], ...Array.from({ length: PARTITIONS }, (_, partition) => [String(partition)]), ['all']]),
];

function block({ projection, workers, partitions, ...all }: ProjectionReport): string[] {
  // `?` is somebody who is not there any more: the others take over within seconds, if there are any.
  const owner = ({ owner, present }: PartitionReport) =>
    owner === null ? '-' : present ? letter(workers.indexOf(owner)) : '?';
  const rows = partitions.map((report) => [owner(report), String(report.position), ...figures(report)]);
  const header = ['by', 'position', 'lag', 'lag s', 'ev/s', 'dead'];
  return [projection, ...table([header, ...rows, ['', '', ...figures(all)]])];
}

type Figures = Pick<PartitionReport, 'lagEvents' | 'lagSeconds' | 'rate' | 'deadLetters'>;

const figures = ({ lagEvents, lagSeconds, rate, deadLetters }: Figures): string[] => [
  String(lagEvents),
  lagSeconds.toFixed(lagSeconds < 100 ? 1 : 0),
  rate === null ? '-' : String(Math.round(rate)),
  String(deadLetters),
];

function sideBySide(blocks: readonly (readonly string[])[]): string[] {
  const widths = blocks.map((lines) => Math.max(...lines.map((line) => line.length)));
  return blocks[0]!.map((_, row) =>
    blocks
      .map((lines, i) => lines[row]!.padEnd(widths[i]!))
      .join(' | ')
      .trimEnd(),
  );
}

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
