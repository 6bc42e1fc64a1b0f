import { Controller, Get, HttpCode, Inject, Param, Post, Query as Parameters, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { EventLog } from '#event-store';
import { ErrorResponse, ForService, WithToken } from '#http';
import {
  allProjections,
  allVersions,
  Looks,
  rebuildAndSettle,
  type RebuildReport,
  type RebuildRequest,
  refold,
  toldLetters,
} from '#operations';
import { notFound } from '#platform';
import type { ReadModels } from '#read-models';
import { Id, Input, NumberText } from '../input.js';
import { REBUILT, Rebuilds } from './rebuilds.js';
import { LetterList, OperationsStatus, VersionList } from './shapes.js';

// What chatctl shows and does, for a page: there only where OPERATIONS is on.

const NDJSON = { content: { 'application/x-ndjson': { schema: { type: 'string' as const } } } };

class ProjectionPath {
  @Id()
  name!: string;
}

class ListParameters {
  @NumberText(1, 1_000, { default: 100 })
  limit?: string;
}

@ApiTags('Operations')
@WithToken()
@ForService()
@ErrorResponse(403, 'The token is not a service token.')
@ErrorResponse(503, 'A server is away; try again after `Retry-After` seconds.')
@Controller('operations')
export class OperationsController {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(REBUILT) private readonly readModels: ReadModels | null,
    @Inject(Looks) private readonly looks: Looks,
    @Inject(Rebuilds) private readonly rebuilds: Rebuilds,
  ) {}

  @Get('status')
  @ApiOperation({
    summary: 'Who folds what, how far it is behind the log, how fast it goes, and what the streams hold',
    description:
      'What `chatctl status --json` prints. It takes a second, to see rates, unless somebody has just asked.',
  })
  @ApiOkResponse({ schema: OperationsStatus.ref })
  status(): Promise<OperationsStatus> {
    return this.looks.look();
  }

  @Get('versions')
  @ApiOperation({
    summary: 'The versions of the projections that are kept',
    description: 'What `chatctl versions list --json` prints; none of read models in memory.',
  })
  @ApiOkResponse({ schema: VersionList.ref })
  async versions(): Promise<VersionList> {
    return { data: this.readModels ? await allVersions(this.readModels) : [] };
  }

  @Get('dead-letters')
  @ApiOperation({
    summary: 'The events that a projection could not take in, and why',
    description: 'Those that were put aside first come first, as `chatctl dead-letters list --json` prints them.',
  })
  @ApiOkResponse({ schema: LetterList.ref })
  @ErrorResponse(400, 'The limit is not what it must be.')
  async deadLetters(@Parameters(new Input(ListParameters, 'dropped')) { limit }: ListParameters): Promise<LetterList> {
    const { length: total } = await this.log.letters.places();
    const data = [];
    for await (const letter of toldLetters(this.log)) {
      data.push(letter);
      if (data.length >= Number(limit ?? 100)) break;
    }
    return { data, total: Math.max(total, data.length) };
  }

  @Post('projections/:name/rebuild')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Builds the next version of a projection from the whole log, and has it served',
    description:
      'A line of JSON for each step: `{"progress":true,"version":…,"left":…}` with the events that are left, ' +
      '`{"warning":…}`, and one for the end: `{"end":true,…}` with what `chatctl rebuild --json` prints, or ' +
      '`{"end":true,"refused":…}` with why it was not served. An answer without an end was broken off: what is built is ' +
      'kept, and the same request goes on there. It ends where who asked leaves.',
  })
  @ApiOkResponse({ description: 'It is being built.', ...NDJSON })
  @ErrorResponse(400, 'The name is not what it must be.')
  @ErrorResponse(404, 'There is no such projection.')
  @ErrorResponse(409, 'A rebuild is under way, or cannot be: the message says what to do.')
  rebuild(
    @Param(new Input(ProjectionPath, 'dropped')) { name }: ProjectionPath,
    @Res() response: Response,
  ): Promise<void> {
    return this.run(rebuildAndSettle, name, response);
  }

  @Post('projections/:name/refold')
  @HttpCode(200)
  @ApiOperation({
    summary: 'The same where this release can take dead letters of the projection in; they are dropped then',
    description: 'As `chatctl dead-letters refold`. The answer is that of a rebuild.',
  })
  @ApiOkResponse({ description: 'It is being built.', ...NDJSON })
  @ErrorResponse(400, 'The name is not what it must be.')
  @ErrorResponse(404, 'There is no such projection.')
  @ErrorResponse(
    409,
    'None of them can be taken in, a rebuild is under way, or cannot be: the message says what to do.',
  )
  refold(
    @Param(new Input(ProjectionPath, 'dropped')) { name }: ProjectionPath,
    @Res() response: Response,
  ): Promise<void> {
    return this.run(refold, name, response);
  }

  private run(
    work: (request: RebuildRequest) => Promise<RebuildReport>,
    name: string,
    response: Response,
  ): Promise<void> {
    const projection = allProjections.find((one) => one.name === name);
    if (!projection) {
      const names = allProjections.map((one) => one.name).join(', ');
      throw notFound('name', name, `there is no such projection: ${names}`);
    }
    return this.rebuilds.run(work, projection, response);
  }
}
