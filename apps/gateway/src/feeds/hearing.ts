import type { Room } from '#domain';
import type { Change, Position, Timeline } from '#projections';

/** One room as one connection hears it: what it takes to tell that connection what it missed. */
export interface Hearing {
  readonly room: Room;
  /** Everything after this it was told, or will be, but for changes. */
  readonly since: Position;
  /** Of changes everything after this: it asked for them there. Null where it has not. */
  readonly changesSince: Position | null;
  readonly timeline: Timeline;
  /** Whether it still hears this room: they may have left it. */
  isOn(): boolean;
  /**
   * The frames that tell of these changes.
   * @param before where the room stood
   * @param topic those only that are told to who has asked for it
   */
  frames(changes: readonly Change[], before: Position, topic?: 'changes'): Promise<Buffer[]>;
}
