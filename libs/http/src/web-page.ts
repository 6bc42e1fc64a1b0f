import { existsSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import type { ServerResponse } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';

/** What `npm run build` makes of apps/web. */
const FOLDER = join(dirname(findPackageJSON(import.meta.url)!), 'dist/apps/web');

/**
 * The page runs what came with it, talks to where it came from, and stands in no other page. A text of somebody else's
 * that came to be taken for markup all the same could load and send nothing.
 */
const POLICY = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What pages of other applications load: docs/embedding.md. */
const EMBEDDED = join(FOLDER, 'embed.js');

/**
 * Files are named by what is in them; the page itself is not, and neither is what other pages load, which is looked for
 * anew after five minutes. That one is for pages of any origin: whether they may talk to this server is another question.
 */
function setHeaders(response: ServerResponse, path: string): void {
  if (path === EMBEDDED) {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'public, max-age=300');
    return;
  }
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  const isNamedByContent = path.startsWith(join(FOLDER, 'assets'));
  response.setHeader('Cache-Control', isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache');
}

/**
 * Serves the chat's page at `/`. Before anything else is: what is not one of its files is left to the routes.
 * @returns whether there is one; a build without it is none
 */
export function serveWebPage(app: NestExpressApplication): boolean {
  if (!existsSync(join(FOLDER, 'index.html'))) return false;
  app.useStaticAssets(FOLDER, { setHeaders });
  return true;
}
