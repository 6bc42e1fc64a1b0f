import { nanos } from '@nats-io/transport-node';
import { type ApiError, type ConsumerConfig, type ConsumerInfo, JetStreamApiError } from '@nats-io/jetstream';
import { type Connection, isMissing } from './connection.js';
import { LogUnavailable } from './outcomes.js';

/** How long the making of a consumer may take, ms, before it is tried once more. */
const LIMIT_MS = 1_500;
const SECOND_LIMIT_MS = 3_000;
/** The server of a consumer may be dead: then nobody says that it is removed, although it is. */
const REMOVAL_LIMIT_MS = 500;

/**
 * Makes a consumer where there is none of its name.
 *
 * It lives in the memory of one server, not on the disks of all that hold the stream, and gone when nobody has asked it for so
 * long: where it stands is kept by its owner, who makes another one as soon as this one is lost, which takes some
 * milliseconds. One with replicas has an election of its own whenever its leader dies, and while a server is dead a
 * third of those take as long to be made.
 * @throws LogUnavailable
 */
export async function makeConsumer(
  connection: Connection,
  stream: string,
  config: Partial<ConsumerConfig> & { name: string },
  goneAfterMs: number,
): Promise<ConsumerInfo> {
  const { consumers } = connection.jetstream;
  const whole = { ...config, mem_storage: true, num_replicas: 1, inactive_threshold: nanos(goneAfterMs) };
  const attempt = (limitMs: number) =>
    connection.answerOfStream(stream, () => consumers.add(stream, { ...whole }), performance.now() + limitMs);
  try {
    return await attempt(LIMIT_MS);
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error;
  }
  // The server that it was to live on may be dead, and the others not have known it yet.
  await removeConsumer(connection, stream, config.name);
  return attempt(SECOND_LIMIT_MS);
}

/** Whether there was one or not. Where nobody says that it is gone, it goes all the same, or when nobody asks it. */
export async function removeConsumer(connection: Connection, stream: string, name: string): Promise<void> {
  try {
    await connection.answer(() => connection.jetstream.consumers.delete(stream, name), REMOVAL_LIMIT_MS);
  } catch (error) {
    if (!isMissing(error) && !(error instanceof LogUnavailable)) throw error;
  }
}

/** Removes the consumers whose names are to go. @throws LogUnavailable */
export async function removeConsumers(
  connection: Connection,
  stream: string,
  isToGo: (name: string) => boolean,
): Promise<void> {
  const names = await connection.answer(() => consumerNames(connection, stream));
  await Promise.all(names.filter(isToGo).map((name) => removeConsumer(connection, stream, name)));
}

interface NamesAnswer {
  readonly consumers?: readonly string[] | null;
  readonly total: number;
  readonly error?: ApiError;
}

/** Only the names: what each of them is would be asked of its server, and one that is dead takes 8 s not to answer. */
async function consumerNames({ nats }: Connection, stream: string): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const request = JSON.stringify({ offset: names.length });
    const reply = await nats.request(`$JS.API.CONSUMER.NAMES.${stream}`, request);
    const { consumers, total, error } = reply.json<NamesAnswer>();
    if (error) throw new JetStreamApiError(error);
    names.push(...(consumers ?? []));
    if (!consumers?.length || names.length >= total) return names;
  }
}
