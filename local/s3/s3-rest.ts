import { AwsError } from '../gateway/aws-error.ts';
import type { Refusal, Wire, WireAnswer, WireRequest } from '../gateway/wire.ts';
import type { ObjectWithBody } from './operations/get-object.ts';
import type { ObjectHead } from './operations/head-object.ts';
import type { BucketListing } from './operations/list-buckets.ts';
import type { ObjectListing } from './operations/list-objects-v2.ts';
import { readRestRequest } from './rest-request.ts';
import { writeXml } from './xml.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const XML = 'application/xml';

const REFUSALS: Record<Refusal, readonly [code: string, message: string]> = {
  denied: ['AccessDenied', 'Access Denied'],
  'unknown-key': ['InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.'],
  'no-credentials': ['AccessDenied', 'Access Denied'],
};

type Answer = Omit<WireAnswer, 'headers'> & { readonly headers?: WireAnswer['headers'] };

/** S3's REST: the operation is in the verb and the path, what an operation answers in headers, body or XML. */
export const s3Rest: Wire = {
  read: readRestRequest,

  answer(request, operation, output, requestId) {
    const { statusCode, headers, body } = answerOf(request, operation, output);
    return { statusCode, headers: { ...headers, 'x-amz-request-id': requestId }, body };
  },

  failure(url, error, requestId) {
    const body = writeXml('Error', {
      Code: error.code,
      Message: error.message,
      Resource: url.split('?', 1)[0],
      RequestId: requestId,
    });
    return {
      statusCode: error.statusCode,
      headers: { 'content-type': XML, 'x-amz-request-id': requestId },
      body,
    };
  },

  refuse(refusal, message) {
    const [code, text] = REFUSALS[refusal];
    return new AwsError(code, message ?? text, 403);
  },
};

function answerOf(request: WireRequest, operation: string, output: unknown): Answer {
  switch (operation) {
    case 'DeleteObject':
      return { statusCode: 204, body: '' };
    case 'GetObject': {
      const object = output as ObjectWithBody;
      return { statusCode: 200, headers: headersOf(object), body: Buffer.from(object.Body, 'base64') };
    }
    case 'HeadObject': {
      const head = output as ObjectHead;
      return {
        statusCode: 200,
        headers: { ...headersOf(head), 'content-length': head.ContentLength },
        body: '',
      };
    }
    case 'ListBuckets':
      return xml('ListAllMyBucketsResult', {
        Buckets: { Bucket: (output as BucketListing).Buckets.map((bucket) => ({ ...bucket })) },
      });
    case 'ListObjectsV2':
      return xml('ListBucketResult', listingOf(output as ObjectListing, isUrlEncoded(request)));
    case 'PutObject': {
      const { ETag: etag, Checksums: checksums } = output as Pick<ObjectHead, 'ETag' | 'Checksums'>;
      return { statusCode: 200, headers: { etag, ...checksumHeaders(checksums) }, body: '' };
    }
    default:
      return { statusCode: 200, body: '' };
  }
}

function xml(root: string, children: Parameters<typeof writeXml>[1]): Answer {
  return { statusCode: 200, headers: { 'content-type': XML }, body: writeXml(root, children, NAMESPACE) };
}

function headersOf(head: ObjectHead): WireAnswer['headers'] {
  const metadata = Object.entries(head.Metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  return {
    etag: head.ETag,
    'content-type': head.ContentType,
    'last-modified': new Date(head.LastModified).toUTCString(),
    'accept-ranges': 'none',
    ...(head.ContentEncoding ? { 'content-encoding': head.ContentEncoding } : {}),
    ...Object.fromEntries(metadata),
    ...checksumHeaders(head.Checksums),
  };
}

function checksumHeaders(checksums: ObjectHead['Checksums']): WireAnswer['headers'] {
  const entries = Object.entries(checksums).map(([algorithm, value]) => [
    `x-amz-checksum-${algorithm}`,
    value,
  ]);
  return Object.fromEntries(entries);
}

/** Clients ask for keys URL-encoded because XML cannot carry every character that a key may hold. */
function isUrlEncoded({ url }: WireRequest): boolean {
  return /[?&]encoding-type=url(&|$)/.test(url);
}

function listingOf(listing: ObjectListing, urlEncoded: boolean) {
  const key = (text: string) => (urlEncoded ? encodeURIComponent(text).replaceAll('%2F', '/') : text);
  return {
    Name: listing.Name,
    Prefix: key(listing.Prefix),
    Delimiter: listing.Delimiter === undefined ? undefined : key(listing.Delimiter),
    MaxKeys: listing.MaxKeys,
    EncodingType: urlEncoded ? 'url' : undefined,
    KeyCount: listing.KeyCount,
    IsTruncated: listing.IsTruncated,
    ContinuationToken: listing.ContinuationToken,
    NextContinuationToken: listing.NextContinuationToken,
    StartAfter: listing.StartAfter === undefined ? undefined : key(listing.StartAfter),
    Contents: listing.Contents.map((object) => ({
      ...object,
      Key: key(object.Key),
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: listing.CommonPrefixes.map((prefix) => ({ Prefix: key(prefix) })),
  };
}
