import { type Change, type Position, positionAfter } from '#projections';
import {
  changedMessageFrame,
  changedMessageView,
  directMessageFrame,
  directMessageView,
  isHiddenFrom,
} from '#protocol';

/** Nobody has seen what has just come. */
const NOT_SEEN = (): null => null;

/** A frame that tells of a change, and whether only those are told who have asked for it. */
interface ChangeFrame {
  readonly text: string;
  readonly topic: 'changes' | null;
  /** Names the step of a trace that tells of it here, if it is traced. */
  readonly traceparent: string | undefined;
}

/** A chat, and which of its two people is told. */
interface ShownChat {
  readonly chatId: number;
  readonly viewer: string;
}

/**
 * The frames that tell of changes of a chat: of messages; reactions are none of this API. Of a message that is hidden from
 * whom is told, those hear that something is in its place who have asked for changes, so that their numbers have no hole.
 */
export function chatFrames(
  changes: readonly Change[],
  before: Position,
  { chatId, viewer }: ShownChat,
  seenAt: (message: Change['message']) => string | null = NOT_SEEN,
): ChangeFrame[] {
  let told = before;
  return changes.flatMap((change): ChangeFrame[] => {
    const { kind, message, traceparent } = change;
    told = positionAfter(told, [change]);
    if (kind === 'reaction') return [];
    if (kind === 'edit') {
      const changed = changedMessageFrame(changedMessageView(message, chatId, viewer), told);
      return [{ text: changed, topic: 'changes', traceparent }];
    }
    const view = directMessageView(message, chatId, viewer, seenAt(message));
    const topic = isHiddenFrom(message, viewer) ? 'changes' : null;
    return [{ text: directMessageFrame(view, told), topic, traceparent }];
  });
}
