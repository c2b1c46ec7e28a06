import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A segment as X-Ray's API documents it, as far as it is read here. */
export interface Segment {
  readonly name: string;
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly start_time: number;
  readonly end_time?: number;
  readonly annotations?: Readonly<Record<string, string | number | boolean>>;
}

const SEGMENTS_KEPT_MAX = 5_000;

/** Stands where the X-Ray daemon does: takes segments over UDP and keeps the latest. */
export class XRayDaemon {
  readonly #socket: Socket;
  readonly #log: (line: string) => void;
  #segments: Segment[] = [];

  constructor(log: (line: string) => void) {
    this.#log = log;
    this.#socket = createSocket('udp4', (message) => this.#receive(message.toString()));
    this.#socket.unref();
  }

  /** Binds a free port on loopback; resolves to `host:port`, what AWS_XRAY_DAEMON_ADDRESS wants. */
  async listen(): Promise<string> {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    const { address, port } = this.#socket.address();
    return `${address}:${port}`;
  }

  /** The segments kept of the trace that annotated itself with this operation, in order of their start. */
  segmentsOf(operationId: string): readonly Segment[] {
    return this.#segments
      .filter(({ annotations }) => annotations?.['operation'] === operationId)
      .sort((a, b) => a.start_time - b.start_time);
  }

  close(): void {
    this.#socket.close();
  }

  /** A datagram is a header line and a segment, both JSON. */
  #receive(datagram: string): void {
    const body = datagram.slice(datagram.indexOf('\n') + 1);
    try {
      this.#segments.push(JSON.parse(body) as Segment);
    } catch (error) {
      this.#log(`a datagram that is no segment was dropped: ${String(error)}`);
    }
    if (this.#segments.length > 2 * SEGMENTS_KEPT_MAX)
      this.#segments = this.#segments.slice(-SEGMENTS_KEPT_MAX);
  }
}
