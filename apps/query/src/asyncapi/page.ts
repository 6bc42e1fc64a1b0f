import { createRequire } from 'node:module';
import type { INestApplication } from '@nestjs/common';
import type { Request, Response } from 'express';
import { dump } from 'js-yaml';
import { asyncApiDocument } from './document.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Parley sockets</title>
    <link rel="stylesheet" href="/api/sockets.css" />
  </head>
  <body>
    <div id="document"></div>
    <script src="/api/sockets.js"></script>
    <script>
      AsyncApiStandalone.render(
        { schema: { url: '/api/asyncapi.json' }, config: { show: { sidebar: true }, expand: { messageExamples: true } } },
        document.getElementById('document'),
      );
    </script>
  </body>
</html>
`;

const PACKAGE = '@asyncapi/react-component';

/** Of the package these are wanted, and nothing that it depends on: it is one for development, and images have these alone. */
export const FILES = {
  '/api/sockets.js': `${PACKAGE}/browser/standalone/index.js`,
  '/api/sockets.css': `${PACKAGE}/styles/default.min.css`,
};

/** Serves the document at `/api/asyncapi.json` and `.yaml`, and as a page at `/api/sockets`. */
export function serveAsyncApi(app: INestApplication): void {
  const document = asyncApiDocument();
  const texts = {
    '/api/sockets': ['text/html', PAGE],
    '/api/asyncapi.json': ['application/json', JSON.stringify(document)],
    '/api/asyncapi.yaml': ['application/yaml', dump(document, { noRefs: true, lineWidth: -1 })],
  };
  const server = app.getHttpAdapter();
  for (const [path, [type, text]] of Object.entries(texts) as [string, [string, string]][]) {
    server.get(path, (_: Request, response: Response) => response.type(type).send(text));
  }
  const { resolve } = createRequire(import.meta.url);
  for (const [path, file] of Object.entries(FILES)) {
    server.get(path, (_: Request, response: Response) => {
      response.sendFile(resolve(file));
    });
  }
}
