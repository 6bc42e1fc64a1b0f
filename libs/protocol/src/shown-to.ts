/** What may be hidden of a message; a document of the read model is one. */
interface Hideable {
  /** Who of the two people of a direct chat is not shown what it says; not there where both are. */
  readonly hiddenFrom?: string;
  readonly content: string;
  readonly sender?: { readonly id: string };
  readonly editedAt?: string;
  readonly deleted?: true;
}

/** Those who are told the same, however many they are: what is hidden from anybody is hidden from them. */
export const EVERYBODY = Symbol('everybody');
export type Viewer = string | typeof EVERYBODY;

/** Whether somebody is not shown what a message says. */
export const isHiddenFrom = ({ hiddenFrom }: Pick<Hideable, 'hiddenFrom'>, viewer: Viewer): boolean =>
  hiddenFrom !== undefined && (viewer === EVERYBODY || viewer === hiddenFrom);

/**
 * A message as somebody is shown it: the same object, or, where it is hidden from them, one that keeps its place and says
 * nothing, as one that was deleted, by somebody of whom only the id is known.
 */
export function shownTo<M extends Hideable>(message: M, viewer: Viewer): M {
  if (!isHiddenFrom(message, viewer)) return message;
  const { editedAt: _, ...left } = message;
  const nothing = {
    ...('feeling' in left && { feeling: null }),
    ...('reactions' in left && { reactions: [] }),
    // What somebody is called they may have chosen for whoever blocks them.
    ...(left.sender && { sender: { id: left.sender.id, name: left.sender.id, avatar: null } }),
  };
  return { ...left, ...nothing, content: '', deleted: true } as unknown as M;
}
