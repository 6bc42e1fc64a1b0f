/** The words are not what a command takes: its message says what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `chatctl: the command line of Parley

  chatctl token --user ID [--name NAME] [--clan ID] [--scope service] [--role moderator [--moderates global]] [--ttl 1h]
      prints a token for development, signed with JWT_SECRET, or with the secret that \`npm start\` keeps in PARLEY_DATA

  chatctl revoke --user ID
  chatctl revoke --jti JTI [--exp SECONDS]
      revokes all tokens of a person that were issued up to now, or one token: connections end within 2 s, and the tokens
      are refused; one token until its exp, or, as a person's, for TOKEN_MAX_AGE_S

  chatctl status [--watch] [--json]
      shows who folds what, how far it is behind the log, and what the streams hold; --watch again every second

  chatctl stats ROOM [--from DAY] [--to DAY] [--json]
      how much happened in a room on each day (UTC), and by how many people: the last 30 days, or up to 366; ROOM is
      global, clan:ID, direct:ID:ID, or user:ID for what concerns one person; wants the projection stats to be run

  chatctl at WHEN --room ROOM [--changes] [--json]
      a room as it was: its messages, with their reactions, as they stood then; WHEN is a time (2026-01-31T18:30:00Z, in
      UTC where no zone is named), how long ago (10m, 2h), or a sequence of the log; --changes also who edited or deleted
      what until then, and what it said before; a direct chat is direct:ID:ID; wants nothing but the log

  chatctl verify [--projection NAME] [--json]
      folds the log in memory and compares every document in MongoDB with it, also while the system runs;
      exit status 0: all equal, 1: differences

  chatctl rebuild PROJECTION [--json]
      builds the next version from the whole log, beside the one that is served and while people chat, and has it served
      once it has caught up; interrupted, it goes on when it is run again

  chatctl versions list [--json]
  chatctl versions remove PROJECTION VERSION --yes
      the versions that are kept; remove deletes one that is not served

  chatctl dead-letters list [--json]
  chatctl dead-letters show PROJECTION PARTITION SEQ [--json]
  chatctl dead-letters drop PROJECTION PARTITION SEQ --yes
  chatctl dead-letters refold PROJECTION [--json]
      the events that a projection could not take in; drop deletes the letter, never the event; refold rebuilds the
      projection, if this release can fold any of them

  chatctl webhook test [URL] [--secret SECRET] [--json]
      sends the in-mail webhook a test notice; without a URL the one that INMAIL_WEBHOOK_URL and _SECRET name;
      exit status 0: it took it, 1: it did not
  chatctl webhook resend [--json]
      sends it once more what it failed to take (the dead letters of inmail), and drops what it takes;
      exit status 1: some are left
  chatctl webhook remove --yes
      forgets what it was not told of yet, when it is to be told of nothing more

  chatctl erase --user ID [--check [--files FOLDER]…] [--json]
      takes what a person wrote and was called from the log and from what is shown of it, for good; --check then looks
      for every text of theirs, in all documents, and byte by byte in the files below the folders;
      exit status 1: something is left
  chatctl keys rotate [--json]
      wraps the keys of people's texts with the first of the master keys; interrupted, the same again does the rest

All but token and webhook test work on the servers that NATS_URL and MONGODB_URL name, or, without NATS_URL, on those of the standalone
that runs on PARLEY_DATA. Exit status 2: wrong words, or a server that cannot be reached.
`;
