import { incompleteBody } from './errors.ts';

export interface Unchunked {
  readonly body: Buffer;
  /** Header-like lines after the last chunk, names in lower case: where the SDKs put checksums of streams. */
  readonly trailers: Readonly<Record<string, string>>;
}

const LINE_END = '\r\n';

/**
 * Undoes `content-encoding: aws-chunked`, signed or not: `<hex size>[;chunk-signature=…]`, the chunk, …, a chunk of
 * size 0, trailers. See "Signature calculations: transferring payload in multiple chunks". Throws IncompleteBody.
 */
export function readAwsChunked(encoded: Buffer): Unchunked {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const headerEnd = encoded.indexOf(LINE_END, at);
    if (headerEnd === -1) throw incompleteBody();
    const size = readSize(encoded.toString('latin1', at, headerEnd));
    at = headerEnd + LINE_END.length;
    if (size === 0)
      return { body: Buffer.concat(chunks), trailers: readTrailers(encoded.toString('utf8', at)) };
    if (at + size + LINE_END.length > encoded.length) throw incompleteBody();
    chunks.push(encoded.subarray(at, at + size));
    at += size + LINE_END.length;
  }
}

function readSize(header: string): number {
  const [size = ''] = header.split(';', 1);
  if (!/^[0-9a-f]{1,8}$/i.test(size)) throw incompleteBody();
  return Number.parseInt(size, 16);
}

function readTrailers(lines: string): Record<string, string> {
  const trailers: Record<string, string> = {};
  for (const line of lines.split(LINE_END)) {
    const colon = line.indexOf(':');
    if (colon > 0) trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return trailers;
}
