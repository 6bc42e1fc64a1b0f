import { ERASED_NAME, type Room } from '#domain';
import type { Evidence, LoggedEvent, Order } from '../evidence.js';
import { allCommands, type Finding, finding, nameOf } from './finding.js';
import { ErasedByLog, loggedTexts } from './logged.js';

/** I13: of who was erased there is no text in the read models, no name, and no key. Counted are their texts. */
export function nothingOfTheErased(evidence: Evidence): Finding {
  const { events, rooms, traces, unfinished } = evidence;
  const erased = new ErasedByLog(events);
  const texts = loggedTexts(evidence).filter(({ isErased }) => isErased);
  const violations = [
    ...traces.map((trace) => `a text of somebody who was erased is in ${trace}`),
    ...unfinished.map((userId) => `the erasure of ${userId} is not carried out`),
  ];
  // The name is that of the last reaction.
  const nameless = new Map<string, boolean>();
  for (const event of events) {
    if (event.type !== 'ReactionAdded') continue;
    nameless.set(`${event.messageId} ${event.userId}`, erased.has(event, event.userId));
  }
  for (const [room, messages] of rooms) {
    for (const { n, id, reactions } of messages) {
      for (const { userId, userName } of reactions) {
        if (nameless.get(`${id} ${userId}`) && userName !== ERASED_NAME) {
          violations.push(`${userName}, who was erased, is named at message ${n} of ${room}`);
        }
      }
    }
  }
  return finding('I13', 'texts of who was erased are gone', texts.length, violations);
}

/** The texts of who was erased, and of nobody else. */
export function erasedTexts(evidence: Pick<Evidence, 'histories' | 'events'>): string[] {
  const all = loggedTexts(evidence);
  const left = new Set(all.filter(({ isErased }) => !isErased).map(({ text }) => text));
  return all.filter(({ isErased, text }) => isErased && !left.has(text)).map(({ text }) => text);
}

/** So long after a mute was acknowledged, or lifted, a gateway may not have heard of it. Milliseconds. */
const HEARD_MS = 5_000;

interface Mute {
  readonly userId: string;
  readonly room: Room;
  /** When it was decided, and from when on it holds for sure: never, where nobody was told that it does. */
  readonly decidedAt: number;
  readonly holdsAt: number;
  /** When it ends by itself or is lifted, and from when on nobody is refused for it any more. */
  endsAt: number;
  goneAt: number;
}

/** I14: who is muted is not heard, and only who is muted is refused for it. Counted are those that were refused. */
export function mutedAreNotHeard(evidence: Evidence): Finding {
  const mutes = mutesOf(evidence);
  const of = (userId: string, room: Room) => mutes.filter((mute) => mute.userId === userId && mute.room === room);
  const violations: string[] = [];
  for (const event of evidence.events) {
    const userId = speakerOf(event);
    if (userId === null) continue;
    const at = Date.parse(event.at);
    if (of(userId, event.room).some(({ holdsAt, endsAt }) => at > holdsAt && at < endsAt)) {
      violations.push(`${userId} was muted in ${event.room}, and ${event.id} is in the log`);
    }
  }
  const refused = allCommands(evidence).filter((command) => command.refused === 'muted');
  for (const command of refused) {
    const overlaps = ({ decidedAt, goneAt }: Mute) => command.endedAt! >= decidedAt && command.givenAt <= goneAt;
    if (!of(command.userId, command.room).some(overlaps))
      violations.push(`${nameOf(command)} was refused, and not muted`);
  }
  return finding('I14', 'commands of who was muted were refused', refused.length, violations);
}

function mutesOf({ events, orders }: Pick<Evidence, 'events' | 'orders'>): Mute[] {
  const mutes: Mute[] = [];
  const isAbout = ({ userId, room }: { userId: string; room: Room | null }, event: { userId: string; inRoom: Room }) =>
    userId === event.userId && room === event.inRoom;
  const orderOf = (matches: (order: Order) => boolean) => orders.find((order) => order.isAcked && matches(order));
  for (const event of events) {
    if (event.type === 'PersonMuted') {
      const until = Date.parse(event.until);
      const order = orderOf((each) => each.kind === 'mute' && isAbout(each, event) && each.until === until);
      const holdsAt = order ? order.endedAt! + HEARD_MS : Infinity;
      const decidedAt = Date.parse(event.at);
      mutes.push({ ...{ userId: event.userId, room: event.inRoom }, decidedAt, holdsAt, endsAt: until, goneAt: until });
    }
    if (event.type === 'PersonUnmuted') {
      const lifted = mutes.findLast((mute) => isAbout(mute, event));
      if (!lifted) continue;
      const at = Date.parse(event.at);
      const order = orderOf(
        (each) => each.kind === 'unmute' && isAbout(each, event) && each.givenAt <= at && at <= each.endedAt!,
      );
      lifted.endsAt = Math.min(lifted.endsAt, at);
      if (order) lifted.goneAt = Math.min(lifted.goneAt, order.endedAt! + HEARD_MS);
    }
  }
  return mutes;
}

/** Who says something by an event, and may not where they are muted. Deleting they may. */
function speakerOf(event: LoggedEvent): string | null {
  if (event.type === 'MessageCreated') return event.sender.id;
  const isSaid = event.type === 'MessageEdited' || event.type === 'ReactionAdded' || event.type === 'ReactionRemoved';
  return isSaid ? event.userId : null;
}
