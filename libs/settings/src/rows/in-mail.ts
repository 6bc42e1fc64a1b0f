import { type Role, row, secret, sockets, Unfit, url, wholeNumber } from './setting.js';

const telling: readonly Role[] = [...sockets, 'chatctl'];

/** Credentials in an address are sent by no client; they would keep each notice from being sent. */
const webhookUrl = (text: string): string => {
  const { username, password } = new URL(url('https://game.example/in-mail', 'http:', 'https:')(text));
  if (username || password) throw new Unfit('leave user and password out: INMAIL_WEBHOOK_SECRET shows who sends');
  return text;
};

/** Who is told of messages to people who are offline. */
export const inMailRows = {
  INMAIL_WEBHOOK_URL: row({
    type: 'URL',
    default: null,
    roles: telling,
    meaning: 'Is told of direct messages whose receiver is offline; without it nobody is.',
    read: webhookUrl,
  }),
  INMAIL_WEBHOOK_SECRET: row({
    type: 'text, 32 bytes or more',
    default: null,
    roles: telling,
    meaning: 'Signs what the webhook is told; without it that is not signed.',
    exact: true,
    read: secret,
  }),
  INMAIL_TRIES: row({
    type: 'tries, 1–50',
    default: '16',
    roles: sockets,
    meaning:
      'How often the webhook is told of a message before that becomes a dead letter: 16 take about half an hour.',
    read: wholeNumber(1, 50),
  }),
};
