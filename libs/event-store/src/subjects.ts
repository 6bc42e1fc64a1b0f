import { decodeId, encodeId, type Kind, partitionOf, type Room } from '#domain';

export interface LogFilter {
  readonly room?: Room;
  readonly kind?: Kind;
  /** 0 to 15. A room has its own already. */
  readonly partition?: number;
}

/**
 * The names of everything on the wire. An event lies at `<prefix>.ev.<partition>.<room>.<kind>`; the partition is
 * computed here, never by a transform of the server.
 */
export class Subjects {
  /** What stands before the partition in an event's subject. */
  readonly eventStem: string;

  /** @throws RangeError where the prefix is not one plain token */
  constructor(private readonly prefix: string) {
    if (!/^[\w-]+$/.test(prefix)) throw new RangeError(`a subject prefix is letters, digits, - and _: ${prefix}`);
    this.eventStem = `${prefix}.ev.`;
  }

  event(room: Room, kind: string): string {
    return `${this.eventStem}${partitionOf(room)}.${room}.${kind}`;
  }

  get allEvents(): string {
    return `${this.eventStem}>`;
  }

  /** One wildcard subject, also where everything is named. */
  events({ room, kind, partition }: LogFilter): string {
    const place = partition ?? (room === undefined ? '*' : partitionOf(room));
    if (room === undefined && kind === undefined) return `${this.eventStem}${place === '*' ? '' : `${place}.`}>`;
    return `${this.eventStem}${place}.${room ?? '*'}.${kind ?? '*'}`;
  }

  /** What a consumer of one partition asks for. Several kinds make a list, which the server serves much slower. */
  ofPartition(partition: number, kinds?: readonly Kind[]): string[] {
    return kinds ? kinds.map((kind) => this.events({ partition, kind })) : [this.events({ partition })];
  }

  liveRoom(room: Room): string {
    return `${this.prefix}.live.room.${room}`;
  }

  liveUser(userId: string): string {
    return `${this.prefix}.live.user.${encodeId(userId)}`;
  }

  get liveRooms(): string {
    return `${this.prefix}.live.room.*`;
  }

  get liveUsers(): string {
    return `${this.prefix}.live.user.*`;
  }

  /** What gateways tell each other of a topic, and nobody keeps. */
  signal(topic: string): string {
    return `${this.prefix}.live.signal.${encodeId(topic)}`;
  }

  /** A question to every process that answers this topic. */
  question(topic: string): string {
    return `${this.prefix}.live.ask.${encodeId(topic)}`;
  }

  /** What is stored to see whether anything can be. */
  get trial(): string {
    return `${this.prefix}.trial`;
  }

  /** Those who are at work; the token is `members`, as the stream is named. */
  get workers(): string {
    return `${this.prefix}.members.>`;
  }

  /** One worker of a group. */
  worker(group: string, worker: string): string {
    return `${this.prefix}.members.${encodeId(group)}.${encodeId(worker)}`;
  }

  /** That a worker cannot fold a partition on: in a group of its own, where those who do not know of it do not look. */
  declined(group: string, worker: string, partition: number): string {
    return this.worker(declinesOf(group), `${partition} ${worker}`);
  }

  /** Of all groups. */
  get allWorkers(): string {
    return `${this.prefix}.members.*.*`;
  }

  /** Which worker of a group it is of, and the partition that they cannot fold on, where it says that; null for another. */
  workerOf(group: string, subject: string): { readonly worker: string; readonly declined: number | null } | null {
    const [of = '', token = ''] = subject.split('.').slice(2);
    const worker = decodeId(token);
    if (of === encodeId(group)) return { worker, declined: null };
    if (of !== encodeId(declinesOf(group))) return null;
    const space = worker.indexOf(' ');
    return { worker: worker.slice(space + 1), declined: Number(worker.slice(0, space)) };
  }

  workersChanged(group: string): string {
    return `${this.prefix}.live.members.${encodeId(group)}`;
  }

  /** Everything that is revoked: people's tokens, and single ones. */
  get revocations(): string {
    return `${this.prefix}.revoked.*.*`;
  }

  personRevoked(userId: string): string {
    return `${this.prefix}.revoked.person.${encodeId(userId)}`;
  }

  tokenRevoked(jti: string): string {
    return `${this.prefix}.revoked.token.${encodeId(jti)}`;
  }

  /** Whose tokens, or which one, a subject of these names. */
  revokedBy(subject: string): { readonly userId?: string; readonly jti?: string } {
    const [what, id = ''] = subject.slice(`${this.prefix}.revoked.`.length).split('.');
    if (what === 'person') return { userId: decodeId(id) };
    return what === 'token' ? { jti: decodeId(id) } : {};
  }

  /** The key of a person's texts. */
  keyOf(userId: string): string {
    return `${this.prefix}.key.${encodeId(userId)}`;
  }

  get keys(): string {
    return `${this.prefix}.key.*`;
  }

  deadLetter(projection: string, partition: number, seq: number): string {
    return `${this.prefix}.dead.${encodeId(projection)}.${partition}.${seq}`;
  }

  letterPlaceOf(subject: string): { projection: string; partition: number; seq: number } {
    const [projection = '', partition, seq] = subject.split('.').slice(2);
    return { projection: decodeId(projection), partition: Number(partition), seq: Number(seq) };
  }

  deadLetters(projection?: string): string {
    return `${this.prefix}.dead.${projection === undefined ? '' : `${encodeId(projection)}.`}>`;
  }
}

const declinesOf = (group: string): string => `${group} declines`;
