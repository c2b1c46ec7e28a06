import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cloud } from '../cloud.ts';

/** What the console shows of the cloud. */
type Shown = Pick<Cloud, 'metrics' | 'functions' | 'shards' | 'logs' | 'traces' | 'urls'>;

interface Page {
  readonly contentType: string;
  readonly body: string;
}

const PAGE_FILE = new URL('./console.html', import.meta.url);

/** The console on loopback: a page, what it shows as JSON, and the metrics for Prometheus. */
export class ConsoleServer {
  readonly #cloud: Shown;
  readonly #server: Server;

  constructor(cloud: Shown) {
    this.#cloud = cloud;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Resolves to the port; rejects as `listen` does (EADDRINUSE). */
  async listen(port: number): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const page = request.method === 'GET' ? await this.#page(request.url ?? '/') : undefined;
      response.writeHead(page ? 200 : 404, {
        'content-type': page?.contentType ?? 'text/plain',
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
      });
      response.end(
        page?.body ?? 'Not here: try /, /metrics, /state, /logs/<function> or /traces/<operation id>.\n',
      );
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`${String(error)}\n`);
    }
  }

  async #page(url: string): Promise<Page | undefined> {
    const [path = '', name = ''] = url.slice(1).split('/');
    switch (path) {
      case '':
        return { contentType: 'text/html; charset=utf-8', body: await readFile(PAGE_FILE, 'utf8') };
      case 'metrics': {
        const { registry } = this.#cloud.metrics;
        return { contentType: registry.contentType, body: await registry.metrics() };
      }
      case 'state':
        return json(this.#state());
      case 'logs':
        return {
          contentType: 'text/plain; charset=utf-8',
          body: `${this.#cloud.logs.of(name).join('\n')}\n`,
        };
      case 'traces':
        return json(this.#cloud.traces.segmentsOf(name));
      default:
        return undefined;
    }
  }

  #state() {
    const { metrics, urls } = this.#cloud;
    return {
      urls,
      functions: this.#cloud.functions().map((of) => ({ ...of, ...metrics.concurrency(of.functionName) })),
      shards: this.#cloud.shards(),
    };
  }
}

function json(value: unknown): Page {
  return { contentType: 'application/json', body: JSON.stringify(value) };
}
