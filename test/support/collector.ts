import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as OTLP's JSON has it, with its attributes as one object. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  /** 2 is an error. */
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Export {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An OpenTelemetry collector that keeps what it is sent. */
export interface Collector {
  readonly url: string;
  readonly exports: readonly Export[];
  readonly spans: readonly CollectedSpan[];
  /** Those of that name, without regard to traces. */
  named(name: string): readonly CollectedSpan[];
  /** Takes exports without ever answering, from now on. */
  stall(): void;
  /** Answers 400 with that text from now on. */
  refuse(message: string): void;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const exports: Export[] = [];
  let stalled = false;
  let refusal: string | undefined;
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    void text(request).then((body) => {
      exports.push({ url, headers, body });
      if (refusal !== undefined) response.writeHead(400).end(refusal);
      else if (!stalled) response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const spans = () => exports.flatMap(({ body }) => spansIn(JSON.parse(body) as OtlpTraces));
  return {
    url: `http://127.0.0.1:${port}`,
    exports,
    get spans() {
      return spans();
    },
    named: (name) => spans().filter((span) => span.name === name),
    stall() {
      stalled = true;
    },
    refuse(message) {
      refusal = message;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'resource'> & {
        readonly attributes: readonly OtlpAttribute[];
      })[];
    }[];
  }[];
}

function spansIn({ resourceSpans }: OtlpTraces): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: asObject(span.attributes),
        resource: asObject(resource.attributes),
      })),
    ),
  );
}

function asObject(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
