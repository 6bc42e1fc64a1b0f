/** The words are not what a command takes: its message says what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `chatctl: the command line of Parley

  chatctl token --user ID [--name NAME] [--clan ID] [--scope service] [--ttl 1h]
      prints a token for development, signed with JWT_SECRET, or with the secret that \`npm start\` keeps in PARLEY_DATA

  chatctl status [--watch] [--json]
      shows who folds what, how far it is behind the log, and what the streams hold; --watch again every second

  chatctl verify [--projection NAME] [--json]
      folds the log in memory and compares every document in MongoDB with it, also while the system runs;
      exit status 0: all equal, 1: differences

  chatctl dead-letters list [--json]
  chatctl dead-letters show PROJECTION PARTITION SEQ [--json]
  chatctl dead-letters drop PROJECTION PARTITION SEQ --yes
      the events that a projection could not take in; drop deletes the letter, never the event

All but token work on the servers that NATS_URL and MONGODB_URL name, or, without NATS_URL, on those of the standalone
that runs on PARLEY_DATA. Exit status 2: wrong words, or a server that cannot be reached.
`;
