// Makes the copy of the events on the analysts' server (analysts.conf), where it is missing. Safe to run again. NATS_URL is
// that server's, where it has the user `setup`.
import { jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const { NATS_URL = '', NATS_ANALYSTS_SETUP_PASSWORD: pass, EVENT_STREAM: name = 'EVENTS' } = process.env;
/** What JetStream answers where there is no such stream. */
const STREAM_NOT_FOUND = 10_059;

try {
  const inboxPrefix = '_INBOX.parley-setup';
  const nats = await connect({ servers: NATS_URL, user: 'setup', pass, inboxPrefix, maxReconnectAttempts: 0 });
  const { streams } = await jetstreamManager(nats, { checkAPI: false });
  try {
    const { state } = await streams.info(name);
    console.log(`${name} is there, with ${state.messages} events`);
  } catch (error) {
    if (error.code !== STREAM_NOT_FOUND) throw error;
    // As the events' stream is: nothing is ever deleted. Its sequences are those of the log.
    const kept = { retention: RetentionPolicy.Limits, storage: StorageType.File, deny_delete: true, deny_purge: true };
    await streams.add({ name, ...kept, mirror: { name, external: { api: '$JS.parley.API', deliver: '' } } });
    console.log(`${name}: made`);
  }
  await nats.close();
} catch (error) {
  console.error(`The copy of the events could not be made at ${NATS_URL || 'no NATS_URL'}: ${error.message}`);
  process.exitCode = 1;
}
