import {
  createServer as createHttp1Server,
  type Server as Http1Server,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;
export type HttpHandler = (request: HttpRequest, response: HttpResponse) => void;

/** How every HTTP/2 connection begins (RFC 9113, section 3.4); no HTTP/1 method begins so. */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');

/** A connection that does not say within this time what it speaks is closed. */
const FIRST_BYTES_TIMEOUT_MS = 10_000;

const HOST = '127.0.0.1';

/**
 * HTTP/1.1 and cleartext HTTP/2 (prior knowledge) on one loopback port: the first bytes of a connection tell which
 * of two servers, neither of them listening, is given the socket.
 */
export class TwoProtocolServer {
  readonly #tcp: TcpServer;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();

  constructor(handler: HttpHandler) {
    // An idle connection stays open: closing it would race with a client about to use it again.
    this.#http1 = createHttp1Server({ keepAliveTimeout: 0 }, handler);
    this.#http2 = createHttp2Server(handler);
    // A broken HTTP/2 connection is the client's affair; its streams end with 'close'.
    this.#http2.on('sessionError', () => {});
    this.#tcp = createTcpServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Resolves to the port in use (for 0, the one the system chose); rejects with the error of `listen`. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#tcp.once('error', reject);
      this.#tcp.listen(port, HOST, () => {
        this.#tcp.off('error', reject);
        const address = this.#tcp.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  /** Stops listening and ends every connection, with what is on it. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#tcp.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // A reset before the first byte asks for nothing more than this end's close.
    const onError = () => socket.destroy();
    const onTimeout = () => socket.destroy();
    socket.on('error', onError);
    socket.setTimeout(FIRST_BYTES_TIMEOUT_MS, onTimeout);

    let seen: Buffer = Buffer.alloc(0);
    const peek = () => {
      const bytes: Buffer | null = socket.read();
      if (!bytes) return;
      seen = Buffer.concat([seen, bytes]);
      const compared = Math.min(seen.length, HTTP2_PREFACE.length);
      const isHttp2 = seen.compare(HTTP2_PREFACE, 0, compared, 0, compared) === 0;
      if (isHttp2 && compared < HTTP2_PREFACE.length) return;
      socket.off('readable', peek);
      socket.setTimeout(0, onTimeout);
      socket.off('error', onError);
      socket.unshift(seen);
      (isHttp2 ? this.#http2 : this.#http1).emit('connection', socket);
    };
    socket.on('readable', peek);
  }
}
