import { randomUUID } from 'node:crypto';
import {
  type BlockersState,
  blockersOf,
  type MessageCreated,
  otherSide,
  type RecordedEvent,
  RetryableError,
  roomIds,
  UnreadableEvent,
} from '#domain';
import { decodeRecord, type EventLog, type StoredLetter } from '#event-store';
import { postToWebhook, type Webhook, WebhookFailure } from '#platform';
import { loadConfig } from '#settings';
import { IN_MAIL, inMailNotice, type InMailTest } from '#protocol';
import { type Command, readOptions, type Surroundings } from '../command.js';
import { withServers } from '../servers.js';
import { UsageError } from '../usage.js';

const OPTIONS = {
  json: { type: 'boolean' },
  yes: { type: 'boolean' },
  secret: { type: 'string' },
} as const;

/** `chatctl webhook test … | resend | remove`: what gateways tell of messages to people who are offline. */
export const webhookCommand: Command = async (args, surroundings) => {
  const { values, positionals } = readOptions(args, OPTIONS, true);
  const { json = false, yes = false, secret } = values;
  const [action, ...words] = positionals;
  if (action === 'test') {
    if (words.length > 1) throw new UsageError('webhook test is followed by one URL, or none');
    return test(webhookOf(surroundings.env, words[0], secret), surroundings, json);
  }
  if (words.length > 0) throw new UsageError(`webhook ${action} takes no more words`);
  if (action === 'resend') return resend(webhookOf(surroundings.env), surroundings, json);
  if (action !== 'remove') throw new UsageError('webhook is followed by test, resend or remove');
  if (!yes) throw new UsageError('remove forgets what the webhook was not told of yet: say --yes');
  return withServers(surroundings.env, async ({ log }) => {
    await log.removeConsumers(IN_MAIL);
    surroundings.out.write(
      `removed the consumer ${IN_MAIL}; a gateway that has INMAIL_WEBHOOK_URL makes another one\n`,
    );
    return 0;
  });
};

/** The one that is named, else that of the gateways; under the same rules. @throws ConfigError, UsageError */
function webhookOf(env: NodeJS.ProcessEnv, url?: string, secret?: string): Webhook {
  const named = {
    ...(url !== undefined && { INMAIL_WEBHOOK_URL: url }),
    ...(secret !== undefined && { INMAIL_WEBHOOK_SECRET: secret }),
  };
  const { inMail } = loadConfig({ ...env, ...named }, 'chatctl');
  if (inMail.url === undefined)
    throw new UsageError('say which URL, or set INMAIL_WEBHOOK_URL as the gateways have it');
  return { url: inMail.url, secret: inMail.secret };
}

async function test(webhook: Webhook, { out }: Surroundings, json: boolean): Promise<number> {
  const notice: InMailTest = { type: 'in_mail_test', created_at: new Date().toISOString() };
  const isSigned = webhook.secret !== undefined;
  const beganAt = performance.now();
  const outcome = await postToWebhook(webhook, `test.${randomUUID()}`, notice).then(
    (status) => ({ status }),
    (error: unknown) => {
      if (!(error instanceof WebhookFailure)) throw error;
      return { failure: error.message };
    },
  );
  const ms = Math.round(performance.now() - beganAt);
  const text =
    'status' in outcome
      ? `it answered ${outcome.status}: it took the notice`
      : `it did not take it: ${outcome.failure}`;
  const signed = isSigned ? 'signed' : 'not signed: give --secret, or set INMAIL_WEBHOOK_SECRET';
  out.write(`${json ? JSON.stringify({ ...outcome, ms, signed: isSigned }) : `${text}; ${ms} ms; ${signed}`}\n`);
  return 'status' in outcome ? 0 : 1;
}

/** Each once; those that are taken are no dead letters any more. */
async function resend(webhook: Webhook, { env, out, progress }: Surroundings, json: boolean): Promise<number> {
  return withServers(env, async ({ log }) => {
    let [sent, left] = [0, 0];
    for await (const letter of log.letters.all(IN_MAIL)) {
      try {
        await sendAgain(log, letter, webhook);
        await log.letters.drop(letter);
        sent++;
      } catch (error) {
        if (error instanceof RetryableError) throw error;
        left++;
        progress.write(`${IN_MAIL} ${letter.partition} ${letter.seq}: ${(error as Error).message}\n`);
      }
    }
    out.write(`${json ? JSON.stringify({ sent, left }) : `${sent} notices are sent, ${left} are left`}\n`);
    return left === 0 ? 0 : 1;
  });
}

/** By what the log has of it alone. @throws WebhookFailure, UnreadableEvent */
async function sendAgain(log: EventLog, { seq }: StoredLetter, webhook: Webhook): Promise<void> {
  const record = await log.recordAt(seq);
  if (!record) throw new UnreadableEvent('the log has nothing at this sequence');
  const event = decodeRecord(record) as RecordedEvent<MessageCreated>;
  // Nobody is to be told any more of what was said by who was erased.
  if (event.erased || (await isHidden(log, event))) return;
  const chat = await log.last(event.room, 'chat');
  if (!chat) throw new UnreadableEvent('its chat was never opened');
  await postToWebhook(webhook, event.id, inMailNotice(event, chat.seq));
}

/** Whether its receiver blocked who said it when that was said, or does by now. @throws LogUnavailable, UnreadableEvent */
async function isHidden(log: EventLog, { room, sender, seq }: RecordedEvent<MessageCreated>): Promise<boolean> {
  let then: BlockersState = [];
  let now: BlockersState = [];
  for await (const record of log.read({ filter: { room, kind: 'block' } })) {
    now = blockersOf(decodeRecord(record));
    if (record.seq < seq) then = now;
  }
  const receiverId = otherSide(roomIds(room) as [string, string], sender.id);
  return receiverId !== null && [...then, ...now].includes(receiverId);
}
