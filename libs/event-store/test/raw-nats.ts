import { connect, headers } from '@nats-io/transport-node';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';

// NATS itself, for tests outside of this library that have to see or to spoil what it does there.

/** Asks it for something, and answers what it says, as JSON. */
export async function ask<T>(servers: string, subject: string, text: string): Promise<T> {
  const nats = await connect({ servers });
  try {
    return (await nats.request(subject, text)).json<T>();
  } finally {
    await nats.close();
  }
}

/** What is said at a subject while something is done, as JSON. */
export async function heardWhile<T>(servers: string, subject: string, work: () => Promise<unknown>): Promise<T[]> {
  const nats = await connect({ servers });
  const heard: T[] = [];
  nats.subscribe(subject, {
    callback: (_, message) => {
      heard.push(message.json<T>());
    },
  });
  try {
    await nats.flush();
    await work();
    await nats.flush();
    return heard;
  } finally {
    await nats.close();
  }
}

/** NATS as an operator has it. */
export interface RawNats {
  readonly jetstream: JetStreamManager;
  /** Has something stored, whatever it is. */
  store(subject: string, body: string, fields: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export async function rawNats(servers: string): Promise<RawNats> {
  const nats = await connect({ servers });
  return {
    jetstream: await jetstreamManager(nats),
    async store(subject, body, fields) {
      const sent = headers();
      for (const [name, value] of Object.entries(fields)) sent.set(name, value);
      await nats.request(subject, body, { headers: sent, timeout: 2_000 });
    },
    close: () => nats.close(),
  };
}

/** Stores a message with headers of the test's own, as a release to come might write an event. */
export async function store(
  servers: string,
  subject: string,
  named: Readonly<Record<string, string>>,
  text: string,
): Promise<void> {
  const nats = await rawNats(servers);
  try {
    await nats.store(subject, text, named);
  } finally {
    await nats.close();
  }
}
