import type { Input } from '../gateway/call.ts';
import type { WireRequest } from '../gateway/wire.ts';
import { readAwsChunked } from './aws-chunked.ts';
import { incompleteBody, invalidUri, notImplemented } from './errors.ts';

interface ReadOperation {
  readonly operation: string;
  readonly input: Input;
}

/** Query parameters that choose no other operation; any other one names something that is not done here. */
const PLAIN_QUERY = new Set(['x-id', 'encoding-type', 'fetch-owner']);
const LIST_QUERY = new Set([
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
]);

const CHECKSUM_PREFIX = 'x-amz-checksum-';
/** Headers that begin like a checksum and say something about one. */
const NOT_CHECKSUMS = new Set(['mode', 'type', 'algorithm']);
const METADATA_PREFIX = 'x-amz-meta-';

/** Reads an S3 operation from the verb and the path, path-style: `/<bucket>/<key>`. */
export function readRestRequest(request: WireRequest): ReadOperation {
  const { method, url } = request;
  const queryAt = url.indexOf('?');
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const query = new URLSearchParams(queryAt === -1 ? '' : url.slice(queryAt + 1));
  const slashAt = path.indexOf('/', 1);
  const bucket = decode(slashAt === -1 ? path.slice(1) : path.slice(1, slashAt));
  const key = slashAt === -1 ? '' : decode(path.slice(slashAt + 1));

  if (bucket !== '' && key === '' && method === 'GET' && query.get('list-type') === '2') {
    refuseOtherQuery(query, LIST_QUERY);
    return { operation: 'ListObjectsV2', input: readListing(bucket, query) };
  }
  refuseOtherQuery(query);
  if (bucket === '' && method === 'GET') return { operation: 'ListBuckets', input: {} };
  if (bucket !== '' && key === '' && method === 'HEAD') {
    return { operation: 'HeadBucket', input: { Bucket: bucket } };
  }
  if (key !== '') return readObjectRequest(request, bucket, key);
  throw notImplemented(`${method} on a bucket`);
}

function readObjectRequest(request: WireRequest, bucket: string, key: string): ReadOperation {
  const input = { Bucket: bucket, Key: key };
  switch (request.method) {
    case 'GET':
      return { operation: 'GetObject', input };
    case 'HEAD':
      return { operation: 'HeadObject', input };
    case 'DELETE':
      return { operation: 'DeleteObject', input };
    case 'PUT':
      if (request.headers['x-amz-copy-source'] !== undefined) throw notImplemented('CopyObject');
      return { operation: 'PutObject', input: { ...input, ...readPut(request) } };
    default:
      throw notImplemented(`${request.method} on an object`);
  }
}

function readListing(bucket: string, query: URLSearchParams): Input {
  const members = {
    Prefix: query.get('prefix'),
    Delimiter: query.get('delimiter'),
    MaxKeys: query.get('max-keys'),
    ContinuationToken: query.get('continuation-token'),
    StartAfter: query.get('start-after'),
  };
  return {
    Bucket: bucket,
    ...Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)),
  };
}

function readPut({ headers, body: sent }: WireRequest): Input {
  const encodings = (headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim());
  const isChunked = encodings.includes('aws-chunked') || isStreaming(headers['x-amz-content-sha256']);
  const { body, trailers } = isChunked ? readAwsChunked(sent) : { body: sent, trailers: {} };
  const decodedLength = headers['x-amz-decoded-content-length'];
  if (decodedLength !== undefined && Number(decodedLength) !== body.length) throw incompleteBody();

  const contentEncoding = encodings.filter((encoding) => encoding !== 'aws-chunked').join(',');
  const checksums = { ...withPrefix(headers, CHECKSUM_PREFIX), ...withPrefix(trailers, CHECKSUM_PREFIX) };
  const { 'content-md5': contentMd5 } = headers;
  return {
    Body: body.toString('base64'),
    ...(headers['content-type'] ? { ContentType: headers['content-type'] } : {}),
    ...(contentEncoding ? { ContentEncoding: contentEncoding } : {}),
    ...(headers['if-none-match'] ? { IfNoneMatch: headers['if-none-match'] } : {}),
    Metadata: withPrefix(headers, METADATA_PREFIX),
    Checksums: Object.fromEntries(Object.entries(checksums).filter(([name]) => !NOT_CHECKSUMS.has(name))),
    ...(typeof contentMd5 === 'string' ? { ContentMD5: contentMd5 } : {}),
  };
}

function isStreaming(contentSha256: string | string[] | undefined): boolean {
  return typeof contentSha256 === 'string' && contentSha256.startsWith('STREAMING-');
}

function withPrefix(headers: Readonly<Record<string, unknown>>, prefix: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(prefix) && typeof value === 'string') found[name.slice(prefix.length)] = value;
  }
  return found;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUri();
  }
}

function refuseOtherQuery(query: URLSearchParams, known: ReadonlySet<string> = new Set()): void {
  for (const name of query.keys()) {
    if (!PLAIN_QUERY.has(name) && !known.has(name)) throw notImplemented(`the query parameter ${name}`);
  }
}
