import { Controller, Get, Inject, Param, Query as Parameters, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { EventLog } from '#event-store';
import { ErrorResponse, ForOwnerAndService, FromToken, WithToken } from '#http';
import { type Caller, isService, notAuthorized, Tokens } from '#platform';
import { Id, Input, NumberText } from '../input.js';
import { Exports, send } from './exports.js';
import { personLines } from './person-lines.js';

// GET /players/:id/export: all that a person did, as the log has it.

const NDJSON = 'application/x-ndjson';

class PersonPath {
  @Id()
  id!: string;
}

class ExportParameters {
  @NumberText(0, Number.MAX_SAFE_INTEGER, { default: 0, description: 'Goes on behind this `seq`.' })
  after?: string;
}

@ApiTags('Own data')
@WithToken()
@ForOwnerAndService()
@Controller('players/:id/export')
export class ExportController {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(Exports) private readonly exports: Exports,
    @Inject(Tokens) private readonly tokens: Tokens,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'All that a person did, a line of JSON each',
    description:
      'Messages, edits, deletions, reactions, seen marks, chats they opened, their clans and profiles, as the log has ' +
      'them, oldest first: `{seq, at, type, room, …}`. For the person with their own token, or the surrounding ' +
      'application. It ends with `{"end":true,"seq":…}`; an answer without that line is not whole, and is gone on with ' +
      'by `after`, the `seq` of the last line that came. `{"progress":true,"seq":…}` says how far it is.',
  })
  @ApiOkResponse({ description: 'It is being read.', content: { [NDJSON]: { schema: { type: 'string' } } } })
  @ErrorResponse(400, 'The id or `after` is not what it must be.')
  @ErrorResponse(403, 'It is the token of somebody else.')
  @ErrorResponse(429, 'Too many requests, or an export of this person is under way; again after `Retry-After` seconds.')
  @ErrorResponse(503, 'Others export, or the log is away; try again after `Retry-After` seconds.')
  async export(
    @Param(new Input(PersonPath, 'dropped')) { id }: PersonPath,
    @Parameters(new Input(ExportParameters, 'dropped')) { after }: ExportParameters,
    @FromToken() caller: Caller,
    @Res() response: Response,
  ): Promise<void> {
    if (!isService(caller) && caller.userId !== id) throw notAuthorized('people export what is their own');
    const begun = this.exports.begin(id);
    const lines = personLines(this.log, id, Number(after ?? 0));
    try {
      // The first piece is there before anything is answered, so that a log that is away is said by the status.
      const first = await lines.next();
      response.setHeader('Content-Type', NDJSON);
      response.setHeader('Cache-Control', 'no-store');
      await send(this.whileLetIn(caller, following(first, lines)), response, begun);
    } finally {
      await lines.return();
      begun.over();
    }
  }

  /** Up to where the token of the caller is revoked. */
  private async *whileLetIn(caller: Caller, pieces: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const piece of pieces) {
      if (this.tokens.isRevoked(caller)) return;
      yield piece;
    }
  }
}

async function* following(first: IteratorResult<string, void>, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (!first.done) yield first.value;
  yield* rest;
}
