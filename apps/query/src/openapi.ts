import { type INestApplication, NotFoundException } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Request } from 'express';
import { errorSchemas } from '#http';
import { eventCounters } from '#projections';

// The OpenAPI page. Shapes that come from the protocol are described here, beside each other.

const text = (description?: string) => ({ type: 'string', ...(description && { description }) });
const whole = (description?: string) => ({ type: 'integer', ...(description && { description }) });
const time = (description?: string) => ({ type: 'string', format: 'date-time', ...(description && { description }) });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const listOf = (name: string) => ({ type: 'array', items: ref(name) });

const position = {
  n: whole('The number of the message in its room, from 1, without holes.'),
  rev: whole("The room's change number at the last change of the message."),
};

const person = {
  userId: text(),
  name: { ...text('Null: the log knows of none, and the id is shown.'), nullable: true },
  avatar: { type: 'object', nullable: true, additionalProperties: true },
};

const next = { type: 'integer', nullable: true, description: 'The cursor of the next page, or null.' };

export const schemas = {
  ...errorSchemas,
  ChatMessage: {
    type: 'object',
    properties: {
      _id: text('24 hex digits.'),
      clan_id: text('In a clan.'),
      recipient: text('In a direct chat: the id of the person it was sent to.'),
      sender: {
        type: 'object',
        description: 'As they were when they sent it.',
        properties: {
          _id: text(),
          name: text(),
          avatar: { type: 'object', nullable: true, additionalProperties: true },
        },
      },
      content: text(),
      type: { type: 'string', enum: ['global', 'clan', 'private'] },
      feeling: text('Where one was given.'),
      reactions: {
        type: 'array',
        items: { type: 'object', properties: { playerName: text(), emoji: text() } },
      },
      createdAt: time(),
      ...position,
    },
  },
  HistoryPage: {
    type: 'object',
    properties: {
      data: { type: 'object', properties: { ChatMessage: listOf('ChatMessage') } },
      metaData: {
        type: 'object',
        properties: {
          dataKey: { type: 'string', enum: ['ChatMessage'] },
          modelName: { type: 'string', enum: ['ChatMessage'] },
          dataType: { type: 'string', enum: ['Array'] },
          dataCount: whole('How many are in this answer.'),
        },
      },
      paginationData: {
        type: 'object',
        properties: {
          currentPage: whole(),
          limit: whole(),
          offset: whole(),
          itemCount: whole('How many the room has; on page 1, or with `withPageCount`.'),
          pageCount: whole('How many pages that is; likewise.'),
        },
      },
    },
  },
  LastMessage: {
    type: 'object',
    nullable: true,
    properties: {
      id: text('24 hex digits.'),
      chat_id: whole(),
      sender_id: whole(),
      receiver_id: whole(),
      message: text(),
      created_at: time(),
      n: position.n,
    },
  },
  Chat: {
    type: 'object',
    properties: {
      id: whole(),
      user_ids: { type: 'array', items: whole(), minItems: 2, maxItems: 2 },
      receiver_id: whole('The other side.'),
      last_message: ref('LastMessage'),
      unread_count: whole('Messages of the other side that the caller has not seen.'),
      created_at: time(),
      updated_at: time(),
    },
  },
  ChatList: { type: 'object', properties: { data: listOf('Chat'), next } },
  DirectMessage: {
    type: 'object',
    properties: {
      id: text('24 hex digits.'),
      chat_id: whole(),
      sender_id: whole(),
      receiver_id: whole(),
      message: text(),
      seen: { type: 'boolean', description: 'Whether its receiver has seen it.' },
      seen_at: { ...time('When they did.'), nullable: true },
      created_at: time(),
      ...position,
    },
  },
  Player: { type: 'object', properties: { ...person, clanId: { ...text('Null: in none.'), nullable: true } } },
  MemberList: {
    type: 'object',
    properties: {
      data: { type: 'array', items: { type: 'object', properties: person } },
      next: { ...next, type: 'string' },
    },
  },
  DayList: {
    type: 'object',
    properties: {
      data: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            day: { type: 'string', format: 'date' },
            activeUsers: whole('How many people did any of it.'),
            counts: {
              type: 'object',
              description: "Joins, leaves and changes of a profile count in the person's own room.",
              properties: Object.fromEntries(eventCounters.map((counter) => [counter, whole()])),
            },
          },
        },
      },
    },
  },
  OnlineEntry: { type: 'object', properties: { userId: text(), connections: whole('At all gateways together.') } },
  OnlineList: { type: 'object', properties: { data: listOf('OnlineEntry') } },
  MessagePage: {
    type: 'object',
    properties: {
      data: listOf('DirectMessage'),
      next,
    },
  },
};

const answer = (description: string, name: string) => ({
  description,
  content: { 'application/json': { schema: ref(name) } },
});

/** What the gateways serve: one document tells of all HTTP, wherever it is answered. */
export const gatewayPaths = {
  '/online': {
    get: {
      tags: ['Surrounding application'],
      summary: 'Who is connected, by either API, to any gateway',
      description: 'In the order of the ids. Served by the gateways.',
      operationId: 'OnlineController_online',
      parameters: [],
      security: [{ bearer: [] }],
      responses: {
        200: answer('', 'OnlineList'),
        401: answer('The token is missing, invalid or expired.', 'ErrorAnswer'),
        403: answer('The token is not a service token.', 'ErrorAnswer'),
        429: answer('Too many requests; try again after `Retry-After` seconds.', 'ErrorAnswer'),
        503: answer('The log is away; try again after `Retry-After` seconds.', 'ErrorAnswer'),
      },
    },
  },
};

/** What the page is made of. Its package has more in the same folder: sources, and a page for logins. */
const PAGE = new Set([
  '/',
  '/index.html',
  '/swagger-ui-init.js',
  '/swagger-ui.css',
  '/swagger-ui-bundle.js',
  '/swagger-ui-standalone-preset.js',
  '/favicon-16x16.png',
  '/favicon-32x32.png',
]);

/** Serves the page at `/api`, the document at `/api-json` and `/api-yaml`. */
export function serveOpenApi(app: INestApplication): void {
  app.use('/api', ({ path }: Request, _: unknown, next: (error?: unknown) => void) => {
    next(PAGE.has(path) ? undefined : new NotFoundException());
  });
  const description =
    'History, direct chats, and what the surrounding application tells and asks. Sockets are described elsewhere. ' +
    'Every answer that is not a success has the shape of ErrorAnswer.';
  const builder = new DocumentBuilder()
    .setTitle('Parley')
    .setDescription(description)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  const document = SwaggerModule.createDocument(app, builder.build());
  Object.assign(document.paths, gatewayPaths);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...schemas } };
  SwaggerModule.setup('api', app, document, { customSiteTitle: 'Parley API' });
}
