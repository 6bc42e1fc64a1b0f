import { expect, it } from '@jest/globals';
import { NewerEvent, OperationRefused } from '#domain';
import { NothingThere } from '#projections';
import { ConfigError } from '#settings';
import { complaints } from '../src/chatctl.js';
import { PlayFailed } from '../src/play/player.js';
import { NotRecorded } from '../src/play/recording.js';
import { Unreachable } from '../src/servers.js';
import { Missing } from '../src/sql/duckdb.js';
import { StatementFailed } from '../src/sql/statement-failed.js';
import { UsageError } from '../src/usage.js';

// They are known by name, since each is loaded with its command only: under another name it would be told as a fault of ours.
it('what is said in plain words is called as its class is', () => {
  const classes = [
    ...[UsageError, ConfigError, Unreachable, OperationRefused, NothingThere, NotRecorded, PlayFailed],
    ...[Missing, StatementFailed, NewerEvent],
  ];
  expect(classes.map(({ name }) => name).toSorted()).toEqual([...complaints].toSorted());
});
