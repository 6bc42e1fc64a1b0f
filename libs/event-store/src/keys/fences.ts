import { partitionRoom, type RecordedEvent, roomKind, type UserErased, userRoom } from '#domain';
import { expecting } from '../event-headers.js';
import { decodeRecord, type LogRecord, readableEvent } from '../log-record.js';
import type { Reader } from '../reader.js';
import type { Subjects } from '../subjects.js';

/** Where the log says that somebody was erased: in their own room, with which it begins, then in that of each partition. */
export class Fences {
  /** @param connection whether several servers hold the log together */
  constructor(
    private readonly reader: Reader,
    private readonly subjects: Subjects,
    private readonly connection: { readonly isClustered: boolean },
  ) {}

  /** With which the last erasure of a person began. @throws LogUnavailable, UnreadableEvent */
  async last(userId: string, deadline?: number): Promise<RecordedEvent<UserErased> | null> {
    const record = await this.reader.last(this.subjects.event(userRoom(userId), 'erase'), deadline);
    return record && (decodeRecord(record) as RecordedEvent<UserErased>);
  }

  /**
   * What an event says in its headers that is sealed with a key of after this erasure, or of before any: once another one
   * has begun, the log refuses it. Empty where there is one server: who is not told there hears that the way is lost.
   */
  guard(userId: string, last: RecordedEvent<UserErased> | null): string {
    return this.connection.isClustered ? expecting(last?.seq ?? 0, this.subjects.event(userRoom(userId), 'erase')) : '';
  }

  /** The same of everybody who was ever erased; those that cannot be read are left out. @throws LogUnavailable */
  async lastOfEach(): Promise<RecordedEvent<UserErased>[]> {
    const records = await this.reader.lastOfEach({ kind: 'erase' });
    return records.flatMap((record) => {
      const event = readableEvent(record);
      return event?.type === 'UserErased' && roomKind(event.room) === 'user' ? [event] : [];
    });
  }

  /**
   * Who was erased in a partition, from a sequence on to the end of the log: in that room alone, which the server finds at
   * once in a log of any length, also where nobody ever was.
   * @throws LogUnavailable
   */
  read(partition: number, from: number): AsyncIterable<LogRecord> {
    return this.reader.read({ from, filter: { room: partitionRoom(partition), kind: 'erase' } });
  }
}
