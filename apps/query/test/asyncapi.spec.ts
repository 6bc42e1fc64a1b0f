import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { load } from 'js-yaml';
import { CLOSE } from '#protocol';
import { asyncApiDocument } from '../src/asyncapi/document.js';
import { serveOpenApi } from '../src/openapi.js';

@Module({})
class Nothing {}

const plain: unknown = JSON.parse(JSON.stringify(asyncApiDocument()));

it('is AsyncAPI, by its own parser, which warns of nothing', async () => {
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(plain));
  expect(diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning)).toEqual([]);
  // Of versions it knows a newer one, which most tools do not.
  expect(diagnostics.map(({ code }) => code)).toEqual(['asyncapi-latest-version']);
  expect(
    document
      ?.channels()
      .all()
      .map((channel) => channel.address()),
  ).toEqual(['/ws/chat', '/ws']);
});

it('says of each way in which the server closes a connection', () => {
  const { description } = asyncApiDocument().info;
  for (const { code, reason } of Object.values(CLOSE)) expect(description).toContain(`| ${code} | ${reason} |`);
});

describe('the server', () => {
  let app: INestApplication;
  let url: string;
  beforeAll(async () => {
    app = await NestFactory.create(Nothing, { logger: false });
    serveOpenApi(app);
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
        const { status, headers } = await fetch(url + path);
        return [status, headers.get('content-type')];
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
