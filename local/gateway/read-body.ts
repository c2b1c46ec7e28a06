import type { Readable } from 'node:stream';

/** The body is over its limit. `drained`: it was read to its end, so the connection can go on. */
export class BodyTooLarge extends Error {
  readonly drained: boolean;

  constructor(bytesMax: number, drained: boolean) {
    super(`the request body is over ${bytesMax} bytes`);
    this.name = 'BodyTooLarge';
    this.drained = drained;
  }
}

/** The client left before it had sent its request. */
export class ClientGone extends Error {
  constructor() {
    super('the client went away');
    this.name = 'ClientGone';
  }
}

/** A body over its limit is read on, and thrown away, up to this many times the limit: the client then sees its 413. */
const DRAIN_LIMIT_FACTOR = 8;

/** Reads a request's body whole, keeping at most `bytesMax` bytes. Rejects with BodyTooLarge or ClientGone. */
export function readBody(request: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;

    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      if (bytes > bytesMax * DRAIN_LIMIT_FACTOR) {
        request.pause();
        reject(new BodyTooLarge(bytesMax, false));
      }
    });
    request.on('end', () => {
      if (bytes > bytesMax) return reject(new BodyTooLarge(bytesMax, true));
      const [first] = chunks;
      resolve(chunks.length === 1 && first ? first : Buffer.concat(chunks));
    });
    // A reset in mid-body emits both; every request closes in the end.
    request.on('error', () => reject(new ClientGone()));
    request.on('close', () => {
      if (!request.readableEnded) reject(new ClientGone());
    });
  });
}
