import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Parser } from '@asyncapi/parser';
import { type INestApplication, Module } from '@nestjs/common';
import { load } from 'js-yaml';
import { createHttpApp } from '#http';
import { loadConfig } from '#settings';
import { CLOSE } from '#protocol';
import { asyncApiDocument } from '../src/asyncapi/document.js';
import { FILES, serveAsyncApi } from '../src/asyncapi/page.js';

@Module({})
class Nothing {}

const plain: unknown = JSON.parse(JSON.stringify(asyncApiDocument()));

it('is AsyncAPI, by its own parser, which finds nothing wrong', async () => {
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(plain));
  // It knows a newer version, which most tools do not.
  expect(diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')).toEqual([]);
  const channels = document?.channels().all() ?? [];
  expect(channels.map((channel) => channel.address())).toEqual(['/ws/chat', '/ws']);
});

it('says of each way in which the server closes a connection', () => {
  const { description } = asyncApiDocument().info;
  for (const { code, reason } of Object.values(CLOSE)) expect(description).toContain(`| ${code} | ${reason} |`);
});

it('says of each frame of a client that it may have an id and a traceparent, and need not', () => {
  for (const { messages } of Object.values(asyncApiDocument().channels)) {
    const payloads = Object.values(messages).map(
      ({ payload }) => payload as { properties?: object; required?: unknown },
    );
    const ofClients = payloads.filter(({ properties }) => properties !== undefined && 'traceparent' in properties);
    expect(ofClients.length).toBeGreaterThan(10);
    for (const { properties, required } of ofClients) {
      expect(Object.keys(properties!)).toEqual(expect.arrayContaining(['event', 'id']));
      expect(required).not.toContain('traceparent');
    }
  }
});

it('has a page whose files are in the image, where its package is not', () => {
  const dockerfile = readFileSync('deploy/Dockerfile', 'utf8');
  const copies = [...dockerfile.matchAll(/^COPY --from=build \/page\/(\S+) (node_modules\/\S+)\/$/gm)];
  const kept = copies.map(([, from, to]) => `${to}/${basename(from!).replace(/\*$/, '')}`);
  expect(kept).toEqual(Object.values(FILES).map((file) => `node_modules/${file}`));
});

describe('the server', () => {
  let app: INestApplication;
  let url: string;
  beforeAll(async () => {
    app = await createHttpApp({ module: Nothing }, loadConfig({}, 'standalone').http, false);
    serveAsyncApi(app);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  it('gives the document as JSON and as YAML', async () => {
    const json = await fetch(`${url}/api/asyncapi.json`);
    expect([json.status, json.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(await json.json()).toEqual(plain);
    const yaml = await fetch(`${url}/api/asyncapi.yaml`);
    expect([yaml.status, yaml.headers.get('content-type')]).toEqual([200, 'application/yaml; charset=utf-8']);
    expect(load(await yaml.text())).toEqual(plain);
  });

  it('gives a page of it, and all that it is made of', async () => {
    const page = await fetch(`${url}/api/sockets`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const text = await page.text();
    const parts = [...text.matchAll(/(?:src=|href=|url: )["']([^"']+)["']/g)].map(([, path]) => path!);
    expect(parts).toEqual(['/api/sockets.css', '/api/sockets.js', '/api/asyncapi.json']);
    const types = await Promise.all(
      parts.map(async (path) => {
        const answer = await fetch(url + path);
        await answer.arrayBuffer();
        return [answer.status, answer.headers.get('content-type')];
      }),
    );
    expect(types).toEqual([
      [200, 'text/css; charset=utf-8'],
      [200, 'text/javascript; charset=utf-8'],
      [200, 'application/json; charset=utf-8'],
    ]);
    expect(text).not.toMatch(/https?:/);
  });
});
