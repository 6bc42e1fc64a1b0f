/** The words are not what a command takes: its message says what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What there is to know of a command. */
export interface Usage {
  /** How it is called, a form each, without `chatctl`. */
  readonly forms: readonly string[];
  /** In a line. */
  readonly summary: string;
  /** The rest of it, in lines of at most 100 characters. */
  readonly more?: readonly string[];
  readonly examples: readonly string[];
}

const WHEN = [
  'WHEN is a time (2026-01-31T18:30:00Z, in UTC where no zone is named; 2026-01-31 is the beginning of that day), how',
  'long ago (90s, 10m, 2h, 7d), or a sequence of the log. Times go by the log: when it stored an event.',
];

/** All commands, in the order they are shown. */
export const usages: Readonly<Record<string, Usage>> = {
  token: {
    forms: [
      'token --user ID [--name NAME] [--clan ID] [--scope service] [--role moderator [--moderates global]] [--ttl 1h]',
    ],
    summary: 'prints a token for development',
    more: ['It is signed with JWT_SECRET, or with the secret that `npm start` keeps in PARLEY_DATA.'],
    examples: ['token --user 7 --name Ada --clan 3'],
  },
  revoke: {
    forms: ['revoke --user ID', 'revoke --jti JTI [--exp SECONDS]'],
    summary: 'revokes all tokens of a person that were issued up to now, or one token',
    more: [
      'Connections end within 2 s, and the tokens are refused; one token until its exp, or, as a person’s, for',
      'TOKEN_MAX_AGE_S.',
    ],
    examples: ['revoke --user 7', 'revoke --jti 5f2c9d --exp 1790000000'],
  },
  status: {
    forms: ['status [--watch] [--json]'],
    summary: 'shows who folds what, how far it is behind the log, and what the streams hold',
    more: ['It takes a second, to see rates. --watch again every second.'],
    examples: ['status', 'status --watch', 'status --json'],
  },
  stats: {
    forms: ['stats ROOM [--from DAY] [--to DAY] [--json]'],
    summary: 'how much happened in a room on each day (UTC), and by how many people',
    more: [
      'The last 30 days, or up to 366. ROOM is global, clan:ID, direct:ID:ID, or user:ID for what concerns one person.',
      'Wants the projection stats to be run.',
    ],
    examples: ['stats global', 'stats clan:3 --from 2026-01-01 --to 2026-12-31', 'stats direct:7:8 --json'],
  },
  replay: {
    forms: [
      'replay [--from WHEN] [--until WHEN] [--room ROOM] [--user ID] [--type TYPE,…]',
      '       [--format ndjson|csv|table] [--follow] [--speed 10x]',
    ],
    summary: 'the events of the log, in its order and each once, for other tools',
    more: [
      'Both ends are part of it. ROOM is global, clan:ID, direct:ID:ID or user:ID; --user is whose doing it is, or whom it',
      'is about; --type one or more of the types that `chatctl schema` describes. --follow goes on with what is stored',
      'from then on, until Ctrl-C. --speed plays it at the pace that it happened, so many times as quick.',
      'Only reads. A connection that is lost is taken up again where it was. What was erased is null, as are texts that',
      'there is no KEYS_MASTER for.',
      ...WHEN,
      'Exit status 0: all of it, or whoever read it stopped; 1: some events cannot be read, standard error says which and',
      'why; 130: interrupted by Ctrl-C before its end.',
    ],
    examples: [
      'replay --from 7d --type MessageCreated --format csv > week.csv',
      'replay --room clan:3 --from 2026-01-01 --until 2026-01-31 | jq -r .type | sort | uniq -c',
      'replay --user 7 --format table | head',
      'replay --follow --from 1s',
      'replay --from 1h --speed 60x --format table',
    ],
  },
  export: {
    forms: [
      'export DIR [--from WHEN] [--until WHEN] [--room ROOM] [--user ID] [--type TYPE,…]',
      '       [--format parquet|csv|ndjson] [--follow [--every 5m]] [--file-events N] [--anonymize]',
      'export DIR --check|--rewrite [--room ROOM] [--user ID] [--type TYPE,…] [--format …] [--anonymize]',
    ],
    summary: 'the events of the log as files, a folder for each day, for tools that read Parquet or CSV',
    more: [
      'The same again goes on where the files end: every night, or after it was killed. A file is there whole or not at',
      'all. What is selected is said as in `replay`; --from only where the files are to begin. --follow goes on with what',
      'is stored from then on, a file every five minutes, or as --every says, until Ctrl-C. A file holds at most a million',
      'events (250,000 with --follow), or as --file-events says.',
      'Texts as in `replay`: null where they were erased, and where there is no KEYS_MASTER. --anonymize leaves them out,',
      'and replaces ids by hashes made with the key in ANONYMIZE_KEY (`openssl rand -base64 32`) or ANONYMIZE_KEY_FILE.',
      '--check says which files hold texts of people who were erased since, or lack what could not be read; --rewrite',
      'writes these anew.',
      ...WHEN,
      'Exit status 0: all of it; 1: some events cannot be read, standard error says which and why; 2: wrong words, a',
      'server that cannot be reached, or what is in DIR does not go together with it; 130: interrupted by Ctrl-C before',
      'its end. Of --check 1: what it lists is to be written anew.',
    ],
    examples: [
      'export events',
      'export events --follow --every 1m',
      'export messages --type MessageCreated --from 2026-01-01 --format csv',
      'export clan-3 --room clan:3 --format ndjson',
      'export events --check',
    ],
  },
  sql: {
    forms: [
      'sql ["select …"] [--export DIR] [--from WHEN] [--until WHEN] [--room ROOM] [--user ID] [--type TYPE,…]',
      '    [--format table|csv|json|parquet]',
    ],
    summary: 'asks the events, and the messages, rooms and people that they make, with SQL',
    more: [
      'Of an export, or, without --export, of what is selected of the log as in `replay`, which is exported for it and',
      'deleted afterwards. Without a statement it asks for them, or reads them from a pipe, each with ; behind it; one that',
      'fails does not end it. There are events, messages, reactions, seen, rooms, users, messages_at(SEQ) and',
      'reactions_at(SEQ); `describe messages` names the columns of one. Times are in UTC. json is an object a line.',
      'It is DuckDB, an optional package, in memory, which is kept from all files but those of the export.',
      'Exit status 0: all of it, or whoever read it stopped; 1: some events cannot be read, or a statement from a pipe',
      'failed; 2: wrong words or SQL, no export, no DuckDB, or a server that cannot be reached; 130: interrupted by Ctrl-C.',
    ],
    examples: [
      'sql "select room, count(*) as messages from messages group by room order by messages desc limit 10"',
      'sql "from messages_at(200) where room = \'clan:3\'" --format csv > room.csv',
      'sql --export events "select * from users" --format parquet > users.parquet',
      'sql --export events',
    ],
  },
  report: {
    forms: [
      'report [--export DIR] [--from WHEN] [--until WHEN] [--room ROOM] [--user ID] [--type TYPE,…] [--out FILE]',
    ],
    summary: 'a page of HTML that shows what an export, or the log, says: people would rather look than read',
    more: [
      'Messages over time, rooms, reactions, how soon answers come, and who comes back, as charts with their figures. One',
      'file that opens without a network, in light and dark. Of what it is, as of `sql`. It holds names of rooms, and no',
      'text and no name of anybody. Wants DuckDB and ECharts, which are optional packages. Exit status as of `sql`.',
    ],
    examples: [
      'report > report.html',
      'report --export events --out report.html',
      'report --room clan:3 --from 30d > clan-3.html',
    ],
  },
  play: {
    forms: ['play FILE [--speed 10x]'],
    summary: 'stores what `replay` printed in an empty system: a staging copy, real traffic for a new projection',
    more: [
      'FILE is NDJSON, or - for standard input. A log that is not empty is refused, and a file is read through before any',
      'of it is stored. A whole log keeps its sequences; texts are sealed with keys of this system, and are empty where the',
      'recording does not have them. Times of storage are those of the playing. --speed plays it at the pace that it',
      'happened, so many times as quick. Wants a user of NATS who may write every event: none of deploy/nats.',
      'Exit status 0: all of it; 2: something cannot be played, or the log was away; 130: interrupted by Ctrl-C. What was',
      'stored until then is not gone on with: empty the log and play again.',
    ],
    examples: ['play log.ndjson', 'play log.ndjson --speed 100x'],
  },
  at: {
    forms: ['at WHEN --room ROOM [--changes] [--json]'],
    summary: 'a room as it was: its messages, with their reactions, as they stood then',
    more: [
      '--changes also who edited or deleted what until then, and what it said before. ROOM is global, clan:ID or',
      'direct:ID:ID. Wants nothing but the log.',
      ...WHEN,
    ],
    examples: [
      'at 2026-01-31T18:30:00Z --room global',
      "at 10m --room 'clan:the bold' --changes",
      'at 1234 --room direct:7:8 --json',
    ],
  },
  diff: {
    forms: ['diff WHEN WHEN --room ROOM [--json]'],
    summary: 'what changed in a room between two moments',
    more: [
      'Messages that are new, edited, deleted or erased, reactions that came or went, and who has seen more, each as it',
      'differs from the first moment to the second. ROOM as of `at`. Wants nothing but the log.',
      ...WHEN,
    ],
    examples: ['diff 2h 1h --room global', 'diff 2026-01-30 2026-01-31 --room clan:3 --json'],
  },
  schema: {
    forms: ['schema', 'schema check OLD [--json]'],
    summary: 'the JSON Schemas of all events in all their versions; whether they break who reads by older ones',
    more: [
      'They describe the lines of `replay`. OLD is a file with what `chatctl schema` printed earlier. Wants no servers.',
      'Exit status of check 0: nothing breaks, 1: what it lists does.',
    ],
    examples: ['schema > events.schema.json', 'schema check events.schema.json'],
  },
  verify: {
    forms: ['verify [--projection NAME] [--json]'],
    summary: 'folds the log in memory and compares every document in MongoDB with it',
    more: ['Also while the system runs. Exit status 0: all equal, 1: differences.'],
    examples: ['verify', 'verify --projection timeline'],
  },
  rebuild: {
    forms: ['rebuild PROJECTION [--json]'],
    summary: 'builds the next version of a projection from the whole log, and has it served',
    more: [
      'Beside the one that is served and while people chat; it is served once it has caught up. Interrupted, it goes on',
      'when it is run again.',
    ],
    examples: ['rebuild timeline'],
  },
  versions: {
    forms: ['versions list [--json]', 'versions remove PROJECTION VERSION --yes'],
    summary: 'the versions of the projections that are kept',
    more: ['remove deletes one that is not served.'],
    examples: ['versions list', 'versions remove timeline 20260131180000 --yes'],
  },
  'dead-letters': {
    forms: [
      'dead-letters list [--json]',
      'dead-letters show PROJECTION PARTITION SEQ [--json]',
      'dead-letters drop PROJECTION PARTITION SEQ --yes',
      'dead-letters refold PROJECTION [--json]',
    ],
    summary: 'the events that a projection could not take in',
    more: [
      'drop deletes the letter, never the event; refold rebuilds the projection, if this release can fold any of them.',
    ],
    examples: ['dead-letters list', 'dead-letters show timeline 5 1234', 'dead-letters refold timeline'],
  },
  webhook: {
    forms: ['webhook test [URL] [--secret SECRET] [--json]', 'webhook resend [--json]', 'webhook remove --yes'],
    summary: 'what gateways tell of messages to people who are offline',
    more: [
      'test sends a test notice to URL, or to what INMAIL_WEBHOOK_URL and _SECRET name; exit status 0: it took it, 1: it',
      'did not. resend sends once more what it failed to take (the dead letters of inmail), and drops what it takes; exit',
      'status 1: some are left. remove forgets what it was not told of yet, when it is to be told of nothing more.',
    ],
    examples: ['webhook test https://game.example/in-mail', 'webhook resend'],
  },
  erase: {
    forms: ['erase --user ID [--check [--files FOLDER]…] [--exports DIR]… [--json]'],
    summary: 'takes what a person wrote and was called from the log and from what is shown of it, for good',
    more: [
      '--check then looks for every text of theirs, in all documents, and byte by byte in the files below the folders.',
      '--exports says which files of `chatctl export` hold texts of theirs, and are to be written anew.',
      'Exit status 1: something is left.',
    ],
    examples: ['erase --user 7', 'erase --user 7 --check --files /data/nats', 'erase --user 7 --exports events'],
  },
  keys: {
    forms: ['keys rotate [--json]'],
    summary: 'wraps the keys of people’s texts with the first of the master keys',
    more: ['Interrupted, the same again does the rest.'],
    examples: ['keys rotate'],
  },
  backup: {
    forms: ['backup DIR [--keys DIR|--without-keys] [--json]'],
    summary: 'the log as files, while the system runs: what a restore needs',
    more: [
      'Events, dead letters and revocations, as the `nats` command line writes them, with their checksums. All that was',
      'acknowledged before it began is in it. The folder is there whole or not at all. --keys is where the keys of people’s',
      'texts go, which are to be kept apart: a copy of them brings back whom it is of. Read models are not in it: they are',
      'built from the log. Nor are KEYS_MASTER and JWT_SECRET.',
      'Exit status 0: all of it; 2: it cannot be made; 130: interrupted by Ctrl-C, and nothing of it is left.',
    ],
    examples: ['backup /backups/log/2026-01-31 --keys /elsewhere/keys/2026-01-31'],
  },
  restore: {
    forms: ['restore DIR [--keys DIR|--without-keys] [--json]'],
    summary: 'what `backup`, or `nats stream backup`, wrote, into a NATS that has no such log',
    more: [
      'Stop all roles before. The files are checked before anything is restored. Until all of it is there, nobody can write',
      'to it or fold it; interrupted, the same again deletes what is there and begins anew. Read models of before are kept',
      'and not asked any more: projectors fold others when they start. Wants a user of NATS who may make and change',
      'streams: none of deploy/nats.',
      'Exit status 0: all of it; 2: it is damaged, or something is there already; 130: interrupted by Ctrl-C.',
    ],
    examples: ['restore /backups/log/2026-01-31 --keys /elsewhere/keys/2026-01-31'],
  },
  doctor: {
    forms: ['doctor [--monitor URL,…] [--roles URL,…] [--json]'],
    summary: 'looks for what goes wrong in practice: a line for each check, and what to do',
    more: [
      'Streams, syncing, clocks, rights, room, checkpoints, versions, consumers, dead letters. Only looks: what it tries is',
      'refused for other reasons where it is allowed. --monitor: the monitoring ports of the nats-servers. --roles: the',
      'addresses of gateways, projectors and query side, as they are behind a proxy. NATS_GATEWAY_PASSWORD and its like: the',
      'rights of that role are tried. EVENT_STREAM_REPLICAS and EVENT_STREAM_SYNCED: what the roles are told.',
      'Exit status 0: all is well; 1: problems; 3: warnings only; 2: wrong words, or NATS cannot be reached.',
    ],
    examples: ['doctor', 'doctor --monitor http://127.0.0.1:8222 --roles http://127.0.0.1:8080 --json'],
  },
};
