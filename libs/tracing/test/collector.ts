import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type Value = string | number | boolean | undefined;

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string; readonly boolValue?: boolean };
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
}

/** A span as it was received, with the process that it is of. */
export interface ReceivedSpan {
  readonly trace: string;
  readonly id: string;
  /** Empty for none. */
  readonly parent: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly service: Value;
  readonly instance: Value;
  readonly facts: Readonly<Record<string, Value>>;
  readonly failed: boolean;
}

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

const factsOf = (attributes: readonly Attribute[]): Record<string, Value> =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, boolValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? boolValue : Number(intValue)),
    ]),
  );

/** Receives traces by OTLP over HTTP, as JSON. */
export class Collector {
  readonly spans: ReceivedSpan[] = [];
  /** All that came, as it came. */
  text = '';

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      void json(request).then((sent) => {
        if (request.url === '/v1/traces') this.take(sent as Sent);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
  }

  static async start(): Promise<Collector> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return new Collector(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  of(trace: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.trace === trace);
  }

  /** The spans of a name, once there are so many: ending the tracing waits for a second at most until they are handed over. */
  async named(name: string, count: number): Promise<ReceivedSpan[]> {
    for (;;) {
      const found = this.spans.filter((span) => span.name === name);
      if (found.length >= count) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(sent: Sent): void {
    this.text += JSON.stringify(sent);
    for (const { resource, scopeSpans } of sent.resourceSpans) {
      const { 'service.name': service, 'service.instance.id': instance } = factsOf(resource.attributes);
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const { traceId: trace, spanId: id, parentSpanId: parent = '', name, kind, attributes, status } = span;
        const facts = factsOf(attributes);
        const failed = status.code === 2;
        this.spans.push({ trace, id, parent, name, kind: KINDS[kind]!, service, instance, facts, failed });
      }
    }
  }
}
