import { partitionOf, type RecordedEvent, roomKind, type UserErased } from '#domain';
import type { Document } from '#read-models';
import { type Folded, type Need, nothing, type Sweep, type View } from '../projection.js';
import {
  type ChangeDocument,
  type ChatView,
  type HeadDocument,
  type InboxDocument,
  type LastMessageView,
  lastWithout,
  type MessageDocument,
  messageWithout,
  personIn,
  placeId,
} from './documents.js';
import { inboxEntries } from './inbox-entries.js';
import { chatWithLastChanged } from './last-message.js';
import type { RoomChange } from './room-changes.js';

// Somebody is erased: each message that holds something of theirs is changed, as by an edit, one after the other. So
// whoever follows a room, or comes back to it, hears of it as of any other change.

export const erasureOfMessages: Sweep<RoomChange> = {
  of: (event) =>
    event.type === 'UserErased' && roomKind(event.room) === 'partition'
      ? { collection: 'messages', value: personIn(partitionOf(event.room), event.userId) }
      : null,
  needs: (_event, document) => [{ collection: 'heads', id: (document as MessageDocument).room }] satisfies Need[],
  fold: (view, event, document) => swept(view, event as RecordedEvent<UserErased>, document as MessageDocument),
};

/** Where it was interrupted some of them have their change already, and keep its number. */
function swept(view: View, event: RecordedEvent<UserErased>, found: MessageDocument): Folded<RoomChange> {
  const { seq, userId } = event;
  const head = view.get('heads', found.room) as HeadDocument | null;
  if (!head || found.seq > seq) return nothing;
  const rev = found.seq === seq ? found.rev : head.rev + 1;
  const message = { ...messageWithout(found, userId), seq, rev };
  // Both last messages may be theirs: the chat is listed anew once, with the first of them, since a document takes one event
  // once.
  const first = [head.chat?.lastShown, head.chat?.last].find((last) => last?.senderId === userId);
  const isListed = first?.n === found.n;
  const chat = head.chat && isListed ? chatWithout(head.chat, userId) : head.chat;
  const after = { ...head, seq, rev: Math.max(head.rev, rev), chat };
  const change: ChangeDocument = {
    _id: placeId(found.room, rev),
    ...{ seq, room: found.room, n: found.n, rev, lastN: head.n, kind: 'edit' },
  };
  return {
    documents: [
      { collection: 'heads', document: after },
      { collection: 'messages', document: message },
      { collection: 'changes', document: change },
      ...(chat && isListed ? inboxEntries(after, chat) : []),
    ],
    change: { room: found.room, rev, kind: 'edit', message },
  };
}

/** The same object where the last messages hold nothing of the person. */
const chatWithout = (chat: ChatView, userId: string): ChatView =>
  chatWithLastChanged(chat, (last) => lastWithout(last, userId));

const entryWith = (entry: InboxDocument, last: LastMessageView | null): InboxDocument => ({ ...entry, last });

/** Any document of the timeline without what it holds of a person. */
export function timelineWithout(collection: string, document: Document, userId: string): Document {
  switch (collection) {
    case 'messages':
      return messageWithout(document as MessageDocument, userId);
    case 'heads': {
      const head = document as HeadDocument;
      const chat = head.chat && chatWithout(head.chat, userId);
      const left: HeadDocument = { ...head, chat };
      return chat === head.chat ? head : left;
    }
    case 'inbox': {
      const entry = document as InboxDocument;
      const last = entry.last && lastWithout(entry.last, userId);
      return last === entry.last ? entry : entryWith(entry, last);
    }
    default:
      return document;
  }
}
