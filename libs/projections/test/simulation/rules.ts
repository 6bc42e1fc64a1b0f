import type { RecordedEvent } from '#domain';
import type { Document } from '#read-models';
import {
  type HeadDocument,
  type MessageDocument,
  type Projection,
  type RoomChange,
  timeline,
  type View,
} from '../../src/index.js';

/** What is wrong in a simulation, to show that it notices. */
export interface Broken {
  readonly documentsUnguarded?: boolean;
  readonly headsUnguarded?: boolean;
  readonly unfenced?: boolean;
  readonly checkpointBeforeHeads?: boolean;
  readonly documentsNotAwaited?: boolean;
  readonly messagesReadBeforeHeads?: boolean;
  readonly notFlushed?: boolean;
  readonly lossIgnored?: boolean;
  readonly deletionUnseen?: boolean;
  readonly sharedConsumer?: boolean;
  readonly checkpointsUnasked?: boolean;
  readonly flipUnguarded?: boolean;
  readonly swapsLeft?: boolean;
  readonly lostFollowedOn?: boolean;
  readonly unfinishedFollowed?: boolean;
  readonly anyVersionTold?: boolean;
  readonly builderMute?: boolean;
  readonly presentUnasked?: boolean;
  readonly endUnasked?: boolean;
  readonly sameNumbers?: boolean;
  readonly sameEpochs?: boolean;
  readonly lostBegun?: boolean;
  readonly projection?: Projection<RoomChange>;
}

/** The rules of the protocol, and each one switched off. */
export const rules: readonly (readonly [rule: string, without: Broken])[] = [
  ['a document is replaced only by one of a higher sequence', { documentsUnguarded: true }],
  ['a head is replaced only by one of a higher sequence', { headsUnguarded: true }],
  ['a checkpoint is saved only by the holder of the highest epoch', { unfenced: true }],
  ['the heads are saved before the checkpoint', { checkpointBeforeHeads: true }],
  ['the documents are written before the live updates, heads and checkpoint', { documentsNotAwaited: true }],
  ['the heads are read before what is looked up by them', { messagesReadBeforeHeads: true }],
  ['live updates are flushed before the heads are saved', { notFlushed: true }],
  ['a lost connection means to start over from the checkpoint', { lossIgnored: true }],
  [
    'who was taken over from notices it by the consumer, or by the checkpoint after looking for anything',
    { deletionUnseen: true, checkpointsUnasked: true },
  ],
  ['each take-over makes a consumer of its own at its checkpoint', { sharedConsumer: true }],
  [
    'an event at or below the sequence of its head is skipped',
    { projection: seeing({ head: (head) => ({ ...head, seq: 0 }) }) },
  ],
  [
    'a message found beyond the head is this very event, not an earlier one',
    {
      projection: seeing({
        target: (message, { type }) => (type === 'MessageCreated' ? { ...message, n: 0 } : message),
      }),
    },
  ],
  [
    'a message found up to the head is an earlier one, and a duplicate takes no place',
    { projection: seeing({ target: (message, { type }) => (type === 'MessageCreated' ? null : message) }) },
  ],
  [
    'a reaction counts only where its message is not beyond the head',
    { projection: seeing({ target: (message, _event, head) => ({ ...message, n: Math.min(message.n, head.n) }) }) },
  ],
  [
    'a reply is in a thread only where what it is one to is not beyond the head',
    {
      projection: seeing({
        target: (message, event, head) =>
          event.type === 'MessageCreated' && event.replyTo === message.messageId
            ? { ...message, n: Math.min(message.n, head.n) }
            : message,
      }),
    },
  ],
  [
    'a message takes only what it has not taken yet',
    {
      projection: seeing({
        target: (message, { type }) => (type === 'MessageCreated' ? message : { ...message, seq: 0 }),
      }),
    },
  ],
];

interface Sight {
  readonly head?: (head: HeadDocument) => HeadDocument;
  readonly target?: (message: MessageDocument, event: RecordedEvent, head: HeadDocument) => MessageDocument | null;
}

/** The timeline, folded on documents that are seen otherwise than they are. */
function seeing(sight: Sight): Projection<RoomChange> {
  const fold = (view: View, event: RecordedEvent) => {
    const headOf = () => view.get('heads', event.room) as HeadDocument | null;
    return timeline.fold(
      {
        get: (collection, id): Document | null => {
          const head = collection === 'heads' ? headOf() : null;
          return head && sight.head ? sight.head(head) : view.get(collection, id);
        },
        find: (collection, value) => {
          const message = view.find(collection, value) as MessageDocument | null;
          const none = { _id: event.room, seq: 0, n: 0, rev: 0, chat: null };
          return message && sight.target ? sight.target(message, event, headOf() ?? none) : message;
        },
      },
      event,
    );
  };
  return { ...timeline, fold };
}
