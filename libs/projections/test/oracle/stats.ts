import type { RecordedEvent, Room } from '#domain';
import type { EventCounts } from '../../src/index.js';

/** What the stats must say of a room: its days, each counted from its events. */
export function daysIn(events: readonly RecordedEvent[], room: Room) {
  const isCounted = ({ type }: RecordedEvent) => !/^Person|^SlowMode|^UserErased/.test(type);
  const ofRoom = events.filter((event) => event.room === room && isCounted(event));
  const days = [...new Set(ofRoom.map(({ at }) => at.slice(0, 10)))].sort();
  return days.map((day) => {
    const ofDay = ofRoom.filter(({ at }) => at.slice(0, 10) === day);
    const of = (type: RecordedEvent['type']) => ofDay.filter((event) => event.type === type).length;
    const counts: EventCounts = {
      messages: of('MessageCreated'),
      reactionsAdded: of('ReactionAdded'),
      reactionsRemoved: of('ReactionRemoved'),
      edits: of('MessageEdited'),
      deletions: of('MessageDeleted'),
      seenMarks: of('MessagesSeen'),
      chatsOpened: of('ChatCreated'),
      joins: of('MemberJoined'),
      leaves: of('MemberLeft'),
      profileChanges: of('ProfileChanged'),
    };
    const people = ofDay.map((event) =>
      'sender' in event ? event.sender.id : 'by' in event ? event.by : event.userId,
    );
    return { room, day, counts, activeUsers: new Set(people).size };
  });
}
