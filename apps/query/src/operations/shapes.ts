import { type Static, Type } from '@sinclair/typebox';
import { listOf, named, nullable, oneOf, shape, text, time, whole } from '#protocol';

// What the routes for operators answer: what chatctl prints with `--json`.

const number = (description?: string) => Type.Number(description === undefined ? {} : { description });
const yesOrNo = (description: string) => Type.Boolean({ description });

const figures = {
  lagEvents: whole('Events that are not folded yet.'),
  lagSeconds: number('The age of the oldest of them.'),
  deadLetters: whole(),
};

export const PartitionStatus = named(
  'PartitionStatus',
  shape({
    partition: whole(),
    owner: nullable(text('Who took it over last; null where nobody ever did.')),
    present: yesOrNo('Whether that worker is there.'),
    position: whole('The sequence of the last event that is folded for good.'),
    ...figures,
    rate: nullable(number('Events a second; null where it has just changed hands.')),
  }),
);

export const ProjectionStatus = named(
  'ProjectionStatus',
  shape({
    projection: text('With its version, as in `timeline-2`.'),
    building: yesOrNo('Whether it is being built, beside the one that is served.'),
    workers: listOf(text()),
    ...figures,
    rate: number('Events a second.'),
    partitions: listOf(PartitionStatus.ref),
  }),
);

const StreamStatus = shape({
  name: text(),
  messages: whole(),
  bytes: whole(),
  firstSeq: whole(),
  lastSeq: whole(),
});

export const OperationsStatus = named(
  'OperationsStatus',
  shape({
    streams: listOf(StreamStatus),
    projections: listOf(ProjectionStatus.ref),
    neverRun: listOf(text('A projection that nobody ever ran on these servers.')),
    inMail: nullable(shape({ lagEvents: whole(), deadLetters: whole() })),
  }),
);
export type OperationsStatus = Static<typeof OperationsStatus.ref>;

export const KeptVersion = named(
  'KeptVersion',
  shape({
    projection: text(),
    version: whole(),
    format: whole('What the documents are folded by.'),
    state: oneOf('served', 'being built', 'old'),
  }),
);

export const VersionList = named('VersionList', shape({ data: listOf(KeptVersion.ref) }));
export type VersionList = Static<typeof VersionList.ref>;

export const Letter = named(
  'DeadLetter',
  shape({
    projection: text(),
    partition: whole(),
    seq: whole('The sequence of its event in the log.'),
    reason: text('Why it could not be taken in.'),
    at: time(),
    type: nullable(text('Of its event; null where the log has none at this sequence.')),
  }),
);

export const LetterList = named(
  'DeadLetterList',
  shape({ data: listOf(Letter.ref), total: whole('How many there are, also where not all are listed.') }),
);
export type LetterList = Static<typeof LetterList.ref>;

/** What has a name on the OpenAPI page. */
export const operationsShapes = [
  ...[OperationsStatus, ProjectionStatus, PartitionStatus],
  ...[VersionList, KeptVersion, LetterList, Letter],
];
