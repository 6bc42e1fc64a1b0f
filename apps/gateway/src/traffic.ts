import { CLOSE, type Fault, INTERNAL, UNAVAILABLE, UNKNOWN } from '#protocol';
import { ENDPOINTS, type Endpoint } from './socket/endpoint.js';

/** What became of a frame: carried out, refused as such, not carried out for now, nobody knows, or a fault of ours. */
export const FRAME_OUTCOMES = ['accepted', 'refused', 'unavailable', 'unknown', 'failed'] as const;
export type FrameOutcome = (typeof FRAME_OUTCOMES)[number];
export type FrameCounts = Record<FrameOutcome, number>;

/** What became of a command: decided, by the rules or by the log; certainly not stored; nobody knows; a fault of ours. */
export const COMMAND_OUTCOMES = ['decided', 'not_stored', 'unknown', 'failed'] as const;
export type CommandOutcome = (typeof COMMAND_OUTCOMES)[number];

/** What a room that was asked for by a `resume` was told: what was missed, where to begin anew, or that there is none. */
export const RESUME_OUTCOMES = ['recovered', 'not_recovered', 'not_found'] as const;
export type ResumeOutcome = (typeof RESUME_OUTCOMES)[number];

/**
 * Why a connection ended: by the code that a gateway closed it with; `silent` is who did not answer pings, `client` who
 * said goodbye, `broken` who went without a word, or whose line was cut on the way.
 */
const reasons = new Map(
  Object.entries(CLOSE).map(([name, { code }]) => [
    code,
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
);
export const CLOSE_REASONS = [...new Set(reasons.values()), 'protocol', 'silent', 'client', 'broken'] as const;

/** What a connection ended with that ended without a close frame. */
export const NO_GOODBYE = 1006;

/** What is no event of an endpoint counts as one, whatever it is called; and so does what is no frame. */
const NO_EVENT = 'other';

const zeros = <K extends string>(keys: readonly K[]) =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

/**
 * What goes over the sockets of a process, counted in plain numbers by whoever does it, since it is done thousands of
 * times a second: they become metrics where they are read.
 */
export class Traffic {
  readonly frames: ReadonlyMap<Endpoint, Map<string, FrameCounts>> = new Map(
    ENDPOINTS.map((endpoint) => [endpoint, new Map([[NO_EVENT, zeros(FRAME_OUTCOMES)]])]),
  );
  readonly commands = zeros(COMMAND_OUTCOMES);
  readonly resumed = zeros(RESUME_OUTCOMES);
  readonly opened = new Map(ENDPOINTS.map((endpoint) => [endpoint, 0]));
  readonly closed: Record<string, number> = zeros(CLOSE_REASONS);
  acks = 0;
  nacks = 0;
  /** Frames of feeds, for each connection that they were written to. */
  deliveries = 0;
  sentBytes = 0;
  receivedBytes = 0;

  /** @param observeCommand is told how long each command took, from when its frame came, in seconds */
  constructor(private readonly observeCommand: (seconds: number) => void = () => undefined) {}

  /** The events that an endpoint knows. */
  expect(endpoint: Endpoint, events: Iterable<string>): void {
    const counts = this.frames.get(endpoint)!;
    for (const event of events) if (!counts.has(event)) counts.set(event, zeros(FRAME_OUTCOMES));
  }

  /** Where it is counted what becomes of a frame. @param event null for what is no frame */
  countsOf(endpoint: Endpoint, event: string | null): FrameCounts {
    const counts = this.frames.get(endpoint)!;
    return (event === null ? undefined : counts.get(event)) ?? counts.get(NO_EVENT)!;
  }

  commanded(outcome: CommandOutcome, ms: number): void {
    this.commands[outcome]++;
    this.observeCommand(ms / 1_000);
  }

  hasOpened(endpoint: Endpoint): void {
    this.opened.set(endpoint, this.opened.get(endpoint)! + 1);
  }

  /** A gateway ends it. @param code of the close frame */
  hasClosed(code: number): void {
    this.closed[reasons.get(code) ?? 'protocol']! += 1;
  }

  /** It ended, and no gateway did it. @param code of the client's close frame, 1006 for none */
  hasGone(code: number): void {
    this.closed[code === NO_GOODBYE ? 'broken' : 'client']! += 1;
  }
}

/** What a frame that is answered with a fault counts as. */
export function outcomeOf({ code }: Fault): FrameOutcome {
  if (code === UNAVAILABLE.code) return 'unavailable';
  if (code === UNKNOWN.code) return 'unknown';
  return code === INTERNAL.code ? 'failed' : 'refused';
}
