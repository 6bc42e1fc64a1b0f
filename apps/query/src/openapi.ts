import { type INestApplication, NotFoundException } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Request } from 'express';
import { ErrorAnswer, HttpFault } from '#platform';
import {
  ChatListEntryView,
  DirectMessageView,
  LastMessageOfChatView,
  listOf,
  named,
  RoomMessageView,
  shape,
  text,
  whole,
} from '#protocol';
import { serveAsyncApi } from './asyncapi/page.js';
import { AuditEntry, AuditPage } from './audit/audit.controller.js';
import { ChatList, MessagePage } from './chats.controller.js';
import { HistoryPage } from './history.js';
import { RoomNameList } from './log/log.controller.js';
import { MessageThen, RoomAsItWas } from './log/room-then.js';
import { MemberList } from './members.js';
import { operationsShapes } from './operations/shapes.js';
import { Player } from './players.js';
import { SlowMode } from './rooms.js';
import { SanctionList } from './sanctions.js';
import { DayList } from './stats.js';
import { DirectThread, RoomThread } from './threads.js';

// The OpenAPI page.

export const OnlineEntry = named(
  'OnlineEntry',
  shape({ userId: text(), connections: whole('At all gateways together.') }),
);
export const OnlineList = named('OnlineList', shape({ data: listOf(OnlineEntry.ref) }));

export const GatewayEntry = named(
  'GatewayEntry',
  shape({
    gateway: text('`host:port` of its process.'),
    rooms: whole('Connections of the room chat.'),
    direct: whole('Connections of direct chats.'),
    people: whole(),
  }),
);
export const GatewayList = named('GatewayList', shape({ data: listOf(GatewayEntry.ref) }));

/** What has a name on the page, in the order it is shown. */
const components: readonly { readonly name: string; readonly definition: object }[] = [
  ErrorAnswer,
  HttpFault,
  RoomMessageView,
  HistoryPage,
  RoomThread,
  LastMessageOfChatView,
  ChatListEntryView,
  ChatList,
  DirectMessageView,
  Player,
  MemberList,
  SanctionList,
  SlowMode,
  DayList,
  AuditEntry,
  AuditPage,
  MessageThen,
  RoomAsItWas,
  RoomNameList,
  OnlineEntry,
  OnlineList,
  GatewayEntry,
  GatewayList,
  MessagePage,
  DirectThread,
];

const answer = (description: string, { ref: schema }: { readonly ref: object }) => ({
  description,
  content: { 'application/json': { schema } },
});

const askedOfGateways = (
  summary: string,
  description: string,
  operationId: string,
  answered: { readonly ref: object },
) => ({
  get: {
    tags: ['Surrounding application'],
    ...{ summary, description, operationId, parameters: [], security: [{ bearer: [] }] },
    responses: {
      200: answer('', answered),
      401: answer('The token is missing, invalid, expired or revoked.', ErrorAnswer),
      403: answer('The token is not a service token.', ErrorAnswer),
      429: answer('Too many requests; try again after `Retry-After` seconds.', ErrorAnswer),
      503: answer('The log is away; try again after `Retry-After` seconds.', ErrorAnswer),
    },
  },
});

/** What the gateways serve: one document tells of all HTTP, wherever it is answered. */
export const gatewayPaths = {
  '/online': askedOfGateways(
    'Who is connected, by either API, to any gateway',
    'In the order of the ids. Served by the gateways.',
    'OnlineController_online',
    OnlineList,
  ),
  '/online/gateways': askedOfGateways(
    'How many connections each gateway has',
    'Of those that answer within half a second. Served by the gateways.',
    'GatewaysController_gateways',
    GatewayList,
  ),
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

/** Serves the page at `/api`, the document at `/api-json` and `/api-yaml`; in the folder of the page, that of the sockets. */
export function serveOpenApi(app: INestApplication): void {
  serveAsyncApi(app);
  app.use('/api', ({ path }: Request, _: unknown, next: (error?: unknown) => void) => {
    next(PAGE.has(path) ? undefined : new NotFoundException());
  });
  const description =
    'History, direct chats, and what the surrounding application tells and asks. Sockets are described at /api/sockets. ' +
    'Every answer that is not a success has the shape of ErrorAnswer.';
  const builder = new DocumentBuilder()
    .setTitle('Parley')
    .setDescription(description)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  const document = SwaggerModule.createDocument(app, builder.build());
  Object.assign(document.paths, gatewayPaths);
  const isForOperators = Object.keys(document.paths).some((path) => path.startsWith('/operations/'));
  const shown = [...components, ...(isForOperators ? operationsShapes : [])];
  const schemas = Object.fromEntries(shown.map(({ name, definition }) => [name, definition]));
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...schemas } };
  SwaggerModule.setup('api', app, document, { customSiteTitle: 'Parley API' });
}
